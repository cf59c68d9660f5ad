/** Names of everything in Redis. One hash tag in every name keeps scripts that touch several keys in one cluster slot. */
export interface Keyspace {
  /** Prefix given to BullMQ. */
  readonly queuePrefix: string;
  requestBody(requestId: string): string;
  callRow(requestId: string): string;
  cancelFlag(requestId: string): string;
  result(requestId: string): string;
  streamLog(requestId: string): string;
  providerHealth(providerId: string): string;
  readonly facts: string;
  readonly catalogue: string;
  /** Pub/sub channels. */
  replyChannel(gatewayId: string): string;
  readonly catalogueChannel: string;
  readonly cancelChannel: string;
  readonly healthChannel: string;
}

/** @param prefix e.g. `tokenhub`; installations that share one Redis need different ones. */
export function createKeyspace(prefix: string): Keyspace {
  const tag = `{${prefix}}`;
  return {
    queuePrefix: `${tag}:queue`,
    requestBody: (requestId) => `${tag}:body:${requestId}`,
    callRow: (requestId) => `${tag}:call:${requestId}`,
    cancelFlag: (requestId) => `${tag}:cancel:${requestId}`,
    result: (requestId) => `${tag}:result:${requestId}`,
    streamLog: (requestId) => `${tag}:log:${requestId}`,
    providerHealth: (providerId) => `${tag}:health:${providerId}`,
    facts: `${tag}:facts`,
    catalogue: `${tag}:catalogue`,
    replyChannel: (gatewayId) => `${tag}:reply:${gatewayId}`,
    catalogueChannel: `${tag}:catalogue-changed`,
    cancelChannel: `${tag}:cancelled`,
    healthChannel: `${tag}:health-changed`,
  };
}
