import { errorTable, failureClassSchema, routingModeSchema, skipReasonSchema } from "@tokenhub/contracts";
import type { CallAttempt, RequestResult, SkipReason } from "@tokenhub/contracts";
import { callLatencyBucketsMs, openLabel, tokenSpeedBuckets, type Metrics } from "@tokenhub/telemetry";

/** The one set of status words, of requests and of model calls alike. */
export type RequestStatus = (typeof statusLabel)[number];

/** What is known of a request when the gateway is done with it. */
interface MeasuredRequest {
  readonly endpoint: string;
  /** Empty when the request was refused before it was read. */
  readonly mode: string;
  readonly status: RequestStatus;
  /** HTTP status of the answer; null when the caller went away before it. */
  readonly httpStatus: number | null;
  /** Unix milliseconds; null for a request that was refused at once, whose time says nothing. */
  readonly time: { readonly acceptedAtMs: number; readonly finishedAtMs: number } | null;
  /** Null when there is none, or none yet. */
  readonly result: RequestResult | null;
}

export interface RequestMetrics {
  /** Counts a request and, if there is one, its result. */
  finished(request: MeasuredRequest): void;
  /** Counts what a request used when nobody waited for its result. */
  consumed(result: RequestResult): void;
  /** Counts a request that this gateway turned away because of a limit of ours. */
  limited(by: "caller" | "admin"): void;
}

const statusLabel = ["success", "error", "cancelled"] as const;
const endpointLabel: readonly string[] = [
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/messages",
  "/v1/responses",
  "/v1/chat",
  "/v1/adversarial",
  "/v1/plan",
  "/v1/jobs",
  "/v1/batches",
];
/** Models and providers come from the catalogue, so they are known at run time only. */
const modelLabel = openLabel({ limit: 300 });
const providerLabel = openLabel({ limit: 100 });
const queueLabel = openLabel({ limit: 100 });
/** Modes of routing, and of the orchestrations that come with the product. */
const modeLabel: readonly string[] = [...routingModeSchema.options, "vote", "refine"];
/** Statuses come from our own table of errors. */
const httpStatusLabel: readonly string[] = [
  ...new Set(Object.values(errorTable).map(({ status }) => String(status))),
];

/** Whether requests to this path are counted as requests for a generation. */
export function isGenerationEndpoint(path: string): boolean {
  return endpointLabel.includes(path);
}

/** Everything that is counted about a request, at the one place that sees its end. */
export function createRequestMetrics(metrics: Metrics): RequestMetrics {
  const countTraffic = createTrafficMetrics(metrics);
  const countConsumption = createConsumptionMetrics(metrics);
  const countCourse = createCourseMetrics(metrics);
  const limited = metrics.counter({
    name: "tokenhub_rate_limited_total",
    help: "API requests turned away by a rate limit of this installation.",
    labels: {},
  });
  const adminLimited = metrics.counter({
    name: "tokenhub_admin_rate_limited_total",
    help: "Admin requests turned away by a rate limit or a lock-out.",
    labels: {},
  });
  return {
    finished(request) {
      countTraffic(request);
      if (request.result === null || request.time === null) return;
      countCourse(request.result, request.time.acceptedAtMs);
      // The call of a cancelled request may still run; its fact brings what it used.
      if (request.result.outcome !== "cancelled") countConsumption(request.result);
    },
    consumed: countConsumption,
    limited: (by) => (by === "admin" ? adminLimited : limited).add({}),
  };
}

function createTrafficMetrics(metrics: Metrics): (request: MeasuredRequest) => void {
  const requests = metrics.counter({
    name: "tokenhub_requests_total",
    help: "Finished generation requests, refused ones included; status is success, error or cancelled.",
    labels: {
      endpoint: endpointLabel,
      mode: modeLabel,
      model: modelLabel,
      provider: providerLabel,
      status: statusLabel,
    },
  });
  const errors = metrics.counter({
    name: "tokenhub_request_errors_total",
    help: "Generation requests answered with an error, by the HTTP status of the answer.",
    labels: {
      mode: modeLabel,
      model: modelLabel,
      provider: providerLabel,
      http_status: httpStatusLabel,
    },
  });
  const duration = metrics.histogram({
    name: "tokenhub_request_duration_seconds",
    help: "Time from acceptance to the last byte of the answer, in seconds.",
    labels: { endpoint: endpointLabel },
  });
  const latency = metrics.histogram({
    name: "tokenhub_request_latency_ms",
    help: "Time from acceptance to the last byte of a successful answer, in milliseconds.",
    labels: { mode: modeLabel, model: modelLabel, provider: providerLabel },
    buckets: callLatencyBucketsMs,
  });
  return ({ endpoint, mode, status, httpStatus, time, result }) => {
    const target = { mode, model: result?.modelId ?? "", provider: result?.providerId ?? "" };
    requests.add({ endpoint, ...target, status });
    if (status === "error") errors.add({ ...target, http_status: String(httpStatus ?? "") });
    if (time === null) return;
    const durationMs = Math.max(0, time.finishedAtMs - time.acceptedAtMs);
    duration.observe({ endpoint }, durationMs / 1000);
    if (status === "success") latency.observe(target, durationMs);
  };
}

/** What was used and what it cost: tokens, calls, US dollars. */
function createConsumptionMetrics(metrics: Metrics): (result: RequestResult) => void {
  const tokensUsed = metrics.counter({
    name: "tokenhub_tokens_used_total",
    help: "Input and output tokens together.",
    labels: { model: modelLabel },
  });
  const tokens = metrics.counter({
    name: "tokenhub_tokens_total",
    help: "Tokens by direction.",
    labels: { model: modelLabel, provider: providerLabel, direction: ["input", "output"] },
  });
  const modelCalls = metrics.counter({
    name: "tokenhub_model_calls_total",
    help: "Calls made to models, retries and failovers included.",
    labels: { model: modelLabel, provider: providerLabel, status: statusLabel },
  });
  const cost = metrics.counter({
    name: "tokenhub_cost_usd_total",
    help: "US dollars spent, as far as prices are known.",
    labels: { model: modelLabel, provider: providerLabel },
  });
  const unpriced = metrics.counter({
    name: "tokenhub_unpriced_requests_total",
    help: "Requests that used tokens whose price is not known, so that their cost is missing.",
    labels: { model: modelLabel, provider: providerLabel },
  });
  return ({ modelId, providerId, usage, costUsd, attempts }) => {
    for (const attempt of attempts) {
      if (!attempt.called) continue;
      modelCalls.add({ model: attempt.modelId, provider: attempt.providerId, status: statusOf(attempt) });
    }
    if (usage === null) return;
    const target = { model: modelId ?? "", provider: providerId ?? "" };
    tokensUsed.add({ model: target.model }, usage.inputTokens + usage.outputTokens);
    tokens.add({ ...target, direction: "input" }, usage.inputTokens);
    tokens.add({ ...target, direction: "output" }, usage.outputTokens);
    if (costUsd === null) unpriced.add(target);
    else cost.add(target, costUsd);
  };
}

function statusOf({ failure }: CallAttempt): RequestStatus {
  if (failure === null) return "success";
  return failure.class === "cancelled" ? "cancelled" : "error";
}

/** How a request went: waits, speed, retries, escalations, models passed over. */
function createCourseMetrics(metrics: Metrics): (result: RequestResult, acceptedAtMs: number) => void {
  const firstToken = metrics.histogram({
    name: "tokenhub_time_to_first_token_seconds",
    help: "Time from acceptance to the first streamed token.",
    labels: { model: modelLabel, provider: providerLabel },
  });
  const speed = metrics.histogram({
    name: "tokenhub_tokens_per_second",
    help: "Output tokens per second: of a stream after its first token, else over the whole call.",
    labels: { model: modelLabel, provider: providerLabel },
    buckets: tokenSpeedBuckets,
  });
  const queueWait = metrics.histogram({
    name: "tokenhub_queue_wait_seconds",
    help: "Time in queue until the call began, from acceptance or the end of the attempt before; routing included.",
    labels: { queue: queueLabel },
  });
  const retries = metrics.counter({
    name: "tokenhub_retries_total",
    help: "Calls repeated on the same model and provider, by what failed before.",
    labels: { provider: providerLabel, reason: failureClassSchema.options },
  });
  const escalations = metrics.counter({
    name: "tokenhub_escalations_total",
    help: "Requests that went on to another model or provider, by what failed before.",
    labels: { reason: failureClassSchema.options },
  });
  const skips = metrics.counter({
    name: "tokenhub_provider_skips_total",
    help: "Candidates passed over by the last routing decision of a request.",
    labels: { provider: providerLabel, reason: skipReasonSchema.options },
  });
  return (result, acceptedAtMs) => {
    const target = { model: result.modelId ?? "", provider: result.providerId ?? "" };
    if (result.timeToFirstTokenMs !== null) firstToken.observe(target, result.timeToFirstTokenMs / 1000);
    const perSecond = tokensPerSecond(result);
    if (perSecond !== null) speed.observe(target, perSecond);

    let readyAtMs = acceptedAtMs;
    let before: CallAttempt | null = null;
    for (const attempt of result.attempts) {
      const reason = before?.failure?.class;
      if (before !== null && isSameCandidate(before, attempt)) {
        if (reason !== undefined) retries.add({ provider: attempt.providerId, reason });
      } else {
        if (reason !== undefined) escalations.add({ reason });
        const waitedMs = Math.max(0, attempt.startedAtMs - readyAtMs);
        queueWait.observe({ queue: `call.${attempt.providerId}` }, waitedMs / 1000);
      }
      readyAtMs = attempt.startedAtMs + attempt.durationMs;
      before = attempt;
    }

    for (const { provider, reason, count } of tallySkips(result)) skips.add({ provider, reason }, count);
  };
}

interface Skips {
  readonly provider: string;
  readonly reason: SkipReason;
  count: number;
}

/** Added up first: a large catalogue skips hundreds of models for a few reasons. That a model was not named is no reason. */
function tallySkips({ decision, refusal }: RequestResult): Iterable<Skips> {
  const tally = new Map<string, Skips>();
  for (const { providerId: provider, skipReason: reason } of (decision ?? refusal)?.considered ?? []) {
    if (reason === null || reason === "not_named") continue;
    const key = `${provider} ${reason}`;
    const skips = tally.get(key);
    if (skips === undefined) tally.set(key, { provider, reason, count: 1 });
    else skips.count += 1;
  }
  return tally.values();
}

function isSameCandidate(one: CallAttempt, other: CallAttempt): boolean {
  return one.modelId === other.modelId && one.providerId === other.providerId;
}

/** Null when nothing was said, or when it came too fast to be measured. */
function tokensPerSecond(result: RequestResult): number | null {
  const { outcome, usage, stream, timeToFirstTokenMs, durationMs, attempts } = result;
  const call = attempts.at(-1);
  if (outcome !== "succeeded" || usage === null || usage.outputTokens === 0 || call === undefined)
    return null;
  const spokenMs = stream && timeToFirstTokenMs !== null ? durationMs - timeToFirstTokenMs : call.durationMs;
  return spokenMs <= 0 ? null : (usage.outputTokens * 1000) / spokenMs;
}
