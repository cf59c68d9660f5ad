import type { WebhookAttemptedFact, WebhookJob } from "@tokenhub/contracts";
import { Client, type Dispatcher } from "undici";
import type { AddressAllowList } from "./address-allow-list.ts";
import { checkWebhookUrl } from "./check-webhook-url.ts";
import { connectionProblem } from "./connection-problem.ts";
import { AddressRefusedError, createGuardedConnector } from "./guarded-connector.ts";
import { readAnswer } from "./read-answer.ts";
import type { ResolveHost } from "./resolve-host.ts";
import { readRetryAfterMs } from "./retry-after.ts";
import { openWebhookSecret } from "./seal-webhook-secret.ts";
import { signWebhook } from "./sign-webhook.ts";
import { statusProblem } from "./status-problem.ts";

/** How an attempt went: what `WebhookAttemptedFact` says of it but which one it was. */
export type WebhookAttempt = Omit<WebhookAttemptedFact, "v" | "type" | "eventId" | "deliveryId" | "attempt">;

export type WebhookDelivery =
  | { readonly kind: "attempted"; readonly attempt: WebhookAttempt }
  /** The caller's signal fired; nobody knows what the receiver got, so it must be sent again. */
  | { readonly kind: "interrupted" };

export interface DeliverWebhookOptions {
  readonly clusterSecret: Buffer;
  readonly allow: AddressAllowList;
  readonly resolveHost: ResolveHost;
  /** For everything together: name, connection, request and answer. */
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

type WebhookToDeliver = Pick<WebhookJob, "eventId" | "url" | "sealedSecrets" | "bodyText">;
type Ending = Omit<WebhookAttempt, "startedAtMs" | "durationMs">;

/** Late enough that the deadline always comes first. */
const letGoAfterMs = 2_000;
const noAnswer = { statusCode: null, responseText: null, retryAfterMs: null } as const;

/**
 * Makes one attempt, over a connection of its own: each address is checked anew, and no receiver meets what another one left.
 * It follows no redirect, uses no proxy, and ends by `timeoutMs`. Never throws for anything that a receiver can do.
 */
export async function deliverWebhook(
  job: WebhookToDeliver,
  options: DeliverWebhookOptions,
): Promise<WebhookDelivery> {
  const startedAtMs = options.now();
  const startedMs = performance.now();
  const deadline = new AbortController();
  const onInterrupt = (): void => deadline.abort();
  const timer = setTimeout(onInterrupt, options.timeoutMs);
  options.signal.addEventListener("abort", onInterrupt, { once: true });
  if (options.signal.aborted) onInterrupt();
  try {
    const ending = await attempt(job, { ...options, signal: deadline.signal });
    if (options.signal.aborted && ending.outcome !== "delivered") return { kind: "interrupted" };
    const durationMs = Math.round(performance.now() - startedMs);
    return { kind: "attempted", attempt: { startedAtMs, durationMs, ...ending } };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", onInterrupt);
  }
}

async function attempt(job: WebhookToDeliver, options: DeliverWebhookOptions): Promise<Ending> {
  const { allow, clusterSecret, now } = options;
  const secrets = job.sealedSecrets.flatMap((sealed) => openWebhookSecret(sealed, clusterSecret) ?? []);
  if (secrets.length === 0) return { ...noAnswer, outcome: "unreadable_secret", problem: unreadableSecret };
  const verdict = checkWebhookUrl(job.url, allow);
  if (verdict.kind === "refused")
    return { ...noAnswer, outcome: "address_refused", problem: verdict.problem };
  const signature = signWebhook({
    eventId: job.eventId,
    nowMs: now(),
    bodyText: job.bodyText,
    secrets,
  });
  return post({ url: new URL(verdict.url), bodyText: job.bodyText, signature }, options);
}

interface SignedRequest {
  readonly url: URL;
  readonly bodyText: string;
  readonly signature: Readonly<Record<string, string>>;
}

async function post(request: SignedRequest, options: DeliverWebhookOptions): Promise<Ending> {
  const { url, bodyText, signature } = request;
  const { signal, timeoutMs } = options;
  // The deadline is the only clock.
  const client = new Client(url.origin, {
    connect: createGuardedConnector({ ...options, connectTimeoutMs: timeoutMs + letGoAfterMs }),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  // A request that still waits for its connection does not heed its own signal.
  const letGo = (): void => void client.destroy().catch(() => undefined);
  signal.addEventListener("abort", letGo, { once: true });
  if (signal.aborted) letGo();
  try {
    const answer = await client.request({
      method: "POST",
      path: `${url.pathname}${url.search}`,
      headers: { "content-type": "application/json", "user-agent": "TokenHub-Webhooks/1", ...signature },
      body: bodyText,
      reset: true,
      signal,
    });
    return await judge(answer, options);
  } catch (error) {
    return failureOf(error, options);
  } finally {
    signal.removeEventListener("abort", letGo);
    letGo();
  }
}

async function judge(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { signal, now, timeoutMs }: DeliverWebhookOptions,
): Promise<Ending> {
  const { text, ending } = await readAnswer(body);
  const retryAfterMs = readRetryAfterMs(headers["retry-after"], now());
  const answer = { statusCode, responseText: text, retryAfterMs };
  if (statusCode < 200 || statusCode > 299)
    return { ...answer, outcome: "refused", problem: statusProblem(statusCode) };
  if (ending === "whole") return { ...answer, outcome: "delivered", problem: null };
  if (ending === "cut") return { ...answer, outcome: "answer_too_large", problem: tooLarge };
  return signal.aborted
    ? { ...answer, outcome: "answer_too_large", problem: endless(statusCode, timeoutMs) }
    : { ...answer, outcome: "connection_failed", problem: brokenOff(statusCode) };
}

function failureOf(error: unknown, { signal, timeoutMs }: DeliverWebhookOptions): Ending {
  if (error instanceof AddressRefusedError)
    return { ...noAnswer, outcome: "address_refused", problem: error.message };
  if (signal.aborted) return { ...noAnswer, outcome: "timeout", problem: noAnswerIn(timeoutMs) };
  return { ...noAnswer, outcome: "connection_failed", problem: connectionProblem(error) };
}

const unreadableSecret =
  "None of the endpoint's signing secrets can be opened: the webhook worker has another cluster secret than the gateway that stored them. Give all services the same TOKENHUB_CLUSTER_SECRET, or rotate the endpoint's secret.";
const tooLarge =
  "The receiver's answer is larger than 64 kB; answer webhooks with a 2xx status and a short body, or none.";
const seconds = (durationMs: number): string => `${durationMs / 1_000} s`;
const endless = (statusCode: number, timeoutMs: number): string =>
  `The receiver answered ${statusCode}, but its answer did not end within ${seconds(timeoutMs)}; end it at once and work afterwards.`;
const brokenOff = (statusCode: number): string =>
  `The receiver answered ${statusCode}, but the connection broke before its answer ended.`;
const noAnswerIn = (timeoutMs: number): string =>
  `The receiver did not answer within ${seconds(timeoutMs)}; answer at once with a 2xx status and work afterwards.`;
