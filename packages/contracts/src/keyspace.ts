/** Names of everything in Redis. One hash tag in every name keeps scripts that touch several keys in one cluster slot. */
export interface Keyspace {
  /** Prefix given to BullMQ. */
  readonly queuePrefix: string;
  requestBody(requestId: string): string;
  callRow(requestId: string): string;
  cancelFlag(requestId: string): string;
  result(requestId: string): string;
  streamLog(requestId: string): string;
  /** An answer kept for identical requests, and the id of the request that is fetching one, by the hash of what they ask. */
  cacheEntry(hash: string): string;
  cacheFlight(hash: string): string;
  /** An orchestration: its input and state, and what it has told so far. */
  run(runId: string): string;
  runLog(runId: string): string;
  /** Which runs are to be looked at again, by time. */
  readonly runsDue: string;
  providerHealth(providerId: string): string;
  /** What is left of the limits this installation keeps towards a provider. */
  providerCapacity(providerId: string): string;
  /** The permits of one key or tenant with a rate limit of its own. */
  rateBucket(subject: string): string;
  readonly facts: string;
  readonly catalogue: string;
  /** The beliefs of the `thompson` strategy. */
  readonly bandit: string;
  /** The vault's data key, leased to the workers; absent while the vault is locked. */
  readonly vaultLease: string;
  /** The sealed entries of the vault by name, and which state of the stored vault they are. */
  readonly vaultEntries: string;
  readonly vaultRevision: string;
  /** When a worker last used a key of the vault. */
  readonly vaultUse: string;
  /** Pub/sub channels. */
  /** @param listenerId a gateway, or a run that is followed. */
  replyChannel(listenerId: string): string;
  readonly catalogueChannel: string;
  /** Tells gateways that API keys, tenants or projects have changed. */
  readonly keysChannel: string;
  readonly cancelChannel: string;
  /** Tells gateways that jobs were accepted or have ended: `accepted`, or `ended:<job id>`. */
  readonly jobsChannel: string;
  readonly healthChannel: string;
  readonly vaultChannel: string;
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
    cacheEntry: (hash) => `${tag}:cache:${hash}`,
    cacheFlight: (hash) => `${tag}:cache-flight:${hash}`,
    run: (runId) => `${tag}:run:${runId}`,
    runLog: (runId) => `${tag}:run-log:${runId}`,
    runsDue: `${tag}:runs-due`,
    providerHealth: (providerId) => `${tag}:health:${providerId}`,
    providerCapacity: (providerId) => `${tag}:capacity:${providerId}`,
    rateBucket: (subject) => `${tag}:rate:${subject}`,
    facts: `${tag}:facts`,
    catalogue: `${tag}:catalogue`,
    bandit: `${tag}:bandit`,
    vaultLease: `${tag}:vault-lease`,
    vaultEntries: `${tag}:vault-entries`,
    vaultRevision: `${tag}:vault-revision`,
    vaultUse: `${tag}:vault-use`,
    replyChannel: (listenerId) => `${tag}:reply:${listenerId}`,
    catalogueChannel: `${tag}:catalogue-changed`,
    keysChannel: `${tag}:keys-changed`,
    cancelChannel: `${tag}:cancelled`,
    jobsChannel: `${tag}:jobs-changed`,
    healthChannel: `${tag}:health-changed`,
    vaultChannel: `${tag}:vault-changed`,
  };
}
