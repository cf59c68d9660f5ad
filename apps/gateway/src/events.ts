import type { RequestFinishedFact, RequestResult, TokenHubError } from "@tokenhub/contracts";
import type { RetentionReport } from "@tokenhub/persistence";
import {
  createLineLimiter,
  genAi,
  parseTraceparent,
  spanFacts,
  type Logger,
  type Metrics,
  type RequestTracing,
} from "@tokenhub/telemetry";
import type { FactStore, SetAside } from "./recorder/recorder.ts";
import { createRequestMetrics, isGenerationEndpoint, type RequestStatus } from "./request-metrics.ts";
import type { Submission } from "./sync/submit-request.ts";

interface DeliveredRequest {
  readonly endpoint: string;
  readonly submission: Submission;
  /** Null when the wait ended without one. */
  readonly result: RequestResult | null;
  readonly status: number;
  /** Absent: the request does not use the cache. */
  readonly cache?: "hit" | "miss";
  /** The orchestration it was; absent: none. Its calls are recorded one by one, and counted then. */
  readonly run?: { readonly id: string; readonly mode: string };
  readonly finishedAtMs: number;
}

/** A request that was turned away with an error before it became a job. */
interface RefusedRequest {
  readonly requestId: string;
  readonly path: string;
  /** The caller's address; null when the connection is gone. */
  readonly remoteAddress: string | null;
  readonly error: TokenHubError;
}

/** The gateway's business events: a low-cardinality count and a full log line for each. */
export interface GatewayEvents {
  delivered(request: DeliveredRequest): void;
  /** The caller went away before the answer. */
  abandoned(request: Pick<DeliveredRequest, "endpoint" | "submission" | "finishedAtMs">): void;
  readonly refused: (request: RefusedRequest) => void;
  readonly redisTrouble: (error: unknown) => void;
  readonly recorded: (rows: number) => void;
  /** Facts that could not become rows. */
  readonly setAside: (facts: SetAside) => void;
  /** What is past its time was deleted. */
  readonly cleaned: (deleted: RetentionReport) => void;
  readonly insightTrouble: (error: unknown) => void;
  /** Watches what is recorded for requests whose result nobody waited for. */
  watchFacts(store: FactStore): FactStore;
}

export interface GatewayEventsOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Pick<RequestTracing, "spanOf">;
  readonly now: () => number;
}

/** More failed logins than this are counted, not written: whoever guesses keys must not fill the disk. */
const refusalLinesPerMinute = 60;
/** What runs in the background tries again every few seconds while Redis is away. */
const troubleLinesPerMinute = 6;

export function createGatewayEvents({ logger, metrics, tracing, now }: GatewayEventsOptions): GatewayEvents {
  const requests = createRequestMetrics(metrics);
  const limiter = createLineLimiter({ perMinute: refusalLinesPerMinute, now });
  const troubleLimiter = createLineLimiter({ perMinute: troubleLinesPerMinute, now });
  const recordedRows = metrics.counter({
    name: "tokenhub_recorded_rows_total",
    help: "Request log rows written.",
    labels: {},
  });
  const dropped = createStoreDropped(metrics);

  return {
    delivered({ endpoint, submission, result, status, cache, run, finishedAtMs }) {
      const { requestId, acceptedAtMs, features } = submission;
      requests.finished({
        endpoint,
        mode: run?.mode ?? features.policy.mode,
        status: statusOf(result),
        httpStatus: status,
        time: { acceptedAtMs, finishedAtMs },
        result: run === undefined ? result : withoutConsumption(result),
      });
      describeInTrace(tracing, submission, result);
      logger.info(
        {
          requestId,
          ...traceIdOf(submission),
          tenantId: submission.tenantId,
          endpoint,
          status,
          model: result?.modelId ?? null,
          provider: result?.providerId ?? null,
          code: result?.failure?.code ?? null,
          attempts: result?.attempts.length ?? 0,
          ...(cache === undefined ? {} : { cache }),
          ...(run === undefined ? {} : { runId: run.id, orchestration: run.mode }),
          durationMs: finishedAtMs - acceptedAtMs,
        },
        "request finished",
      );
    },
    abandoned({ endpoint, submission, finishedAtMs }) {
      const { requestId, acceptedAtMs, features } = submission;
      requests.finished({
        endpoint,
        mode: features.policy.mode,
        status: "cancelled",
        httpStatus: null,
        time: { acceptedAtMs, finishedAtMs },
        result: null,
      });
      logger.info(
        { requestId, ...traceIdOf(submission), endpoint, durationMs: finishedAtMs - acceptedAtMs },
        "caller went away; request cancelled",
      );
    },
    refused({ requestId, path, remoteAddress, error }) {
      const { status } = error.row;
      const isAdmin = path === "/admin" || path.startsWith("/admin/");
      const isLockOut = error.code === "too_many_attempts";
      if (isLockOut || error.code === "rate_limited") requests.limited(isAdmin ? "admin" : "caller");
      if (isGenerationEndpoint(path)) {
        requests.finished({
          endpoint: path,
          mode: "",
          status: "error",
          httpStatus: status,
          time: null,
          result: null,
        });
      }
      if (status !== 401 && status !== 403 && !isLockOut) return;
      const what = status === 401 ? "authentication failed" : "access refused";
      limiter.line((suppressed) =>
        logger.warn(
          { requestId, path: path.slice(0, 200), remoteAddress, code: error.code, status, suppressed },
          isLockOut ? "locked out after too many failed attempts" : what,
        ),
      );
    },
    redisTrouble(error) {
      logger.error({ err: error }, "Redis does not answer");
    },
    recorded(count) {
      recordedRows.add({}, count);
    },
    setAside({ count, reasons }) {
      dropped("log_request", count);
      logger.error({ count, reasons }, "facts could not be recorded and were set aside");
    },
    cleaned(deleted) {
      if (Object.values(deleted).some((rows) => rows > 0))
        logger.info({ deleted }, "rows past their time deleted");
    },
    insightTrouble(error) {
      troubleLimiter.line((suppressed) =>
        logger.error(
          { err: error, suppressed },
          "events, learning or upkeep have failed; they are tried again",
        ),
      );
    },
    watchFacts: (store) => ({
      async record(batch) {
        const recorded = await store.record(batch);
        for (const fact of recorded.fresh) if (isUnattended(fact)) requests.consumed(fact.result);
        return recorded;
      },
    }),
  };
}

function statusOf(result: RequestResult | null): RequestStatus {
  if (result?.outcome === "succeeded") return "success";
  return result?.outcome === "cancelled" ? "cancelled" : "error";
}

/** No gateway delivers these, so their usage is counted when it is recorded, and only then. */
function isUnattended({ lane, runId, result }: RequestFinishedFact): boolean {
  return lane !== "interactive" || runId !== undefined || result.outcome === "cancelled";
}

function withoutConsumption(result: RequestResult | null): RequestResult | null {
  return result === null ? null : { ...result, usage: null, costUsd: null, attempts: [], decision: null };
}

function traceIdOf({ traceparent }: Submission): { traceId?: string } {
  const trace = parseTraceparent(traceparent);
  return trace === null ? {} : { traceId: trace.traceId };
}

function describeInTrace(
  tracing: Pick<RequestTracing, "spanOf">,
  { traceparent, features }: Submission,
  result: RequestResult | null,
): void {
  const span = tracing.spanOf(traceparent);
  if (span === null) return;
  span.set({
    [genAi.operationName]: features.operation,
    [genAi.requestModel]: features.requestedModel,
    [genAi.requestStream]: features.stream,
    [genAi.responseModel]: result?.modelId,
    [spanFacts.provider]: result?.providerId,
    [spanFacts.mode]: features.policy.mode,
    [spanFacts.attempts]: result?.attempts.length,
  });
  if (result === null) span.fail("sync_wait_timeout");
  else if (result.failure !== null) span.fail(result.failure.code);
}

const storeOperations = ["audit", "log_request", "log_reward", "save_vault", "upsert_model"] as const;

/** Every write of ours is made in a transaction or waits in Redis, so these stay at 0 as long as nothing was set aside. */
function createStoreDropped(
  metrics: Metrics,
): (operation: (typeof storeOperations)[number], count: number) => void {
  const dropped = metrics.counter({
    name: "tokenhub_store_dropped_total",
    help: "Records that were given up instead of written; 0 as long as none is lost.",
    labels: { op: storeOperations },
  });
  for (const op of storeOperations) dropped.add({ op }, 0);
  return (op, count) => dropped.add({ op }, count);
}
