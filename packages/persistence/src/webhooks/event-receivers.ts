import type { JobWebhook, WebhookEvent } from "@tokenhub/contracts";

/** What decides whether an endpoint hears of an event. */
export interface EventListener {
  readonly endpointId: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly url: string;
  readonly eventTypes: ReadonlySet<string>;
}

/** Where one event is to be delivered. */
export interface EventReceiver {
  /** Null for a URL that a job named. */
  readonly endpointId: string | null;
  readonly url: string;
  /** Of a URL that a job named; null: the endpoint's, or the tenant's own. */
  readonly sealedSecret: string | null;
  /** Deliveries to one receiver share a window. */
  readonly receiver: string;
}

/** Who hears of an event: endpoints that want it, and its job's own URL. */
export function eventReceiversOf(
  event: WebhookEvent,
  {
    listeners,
    jobWebhook,
  }: { readonly listeners: readonly EventListener[]; readonly jobWebhook: JobWebhook | null },
): EventReceiver[] {
  const endpoints = listeners.filter((listener) => wants(listener, event)).map(receiverOfEndpoint);
  if (jobWebhook === null || !jobWants(jobWebhook, event)) return endpoints;
  const { url, sealedSecret } = jobWebhook;
  return [
    ...endpoints,
    { endpointId: null, url, sealedSecret, receiver: receiverOfUrl(event.tenantId, url) },
  ];
}

export function receiverOfEndpoint({
  endpointId,
  url,
}: Pick<EventListener, "endpointId" | "url">): EventReceiver {
  return { endpointId, url, sealedSecret: null, receiver: endpointId };
}

function wants({ tenantId, projectId, eventTypes }: EventListener, event: WebhookEvent): boolean {
  const isInScope = tenantId === event.tenantId && (projectId === null || projectId === event.projectId);
  return isInScope && eventTypes.has(event.type);
}

function jobWants({ eventTypes }: JobWebhook, { type }: WebhookEvent): boolean {
  return eventTypes === null ? type.startsWith("job.") : eventTypes.includes(type);
}

/** One tenant's receivers of one origin: another tenant who names it too is not held up. */
function receiverOfUrl(tenantId: string, url: string): string {
  return `${tenantId} ${URL.parse(url)?.origin ?? url}`;
}
