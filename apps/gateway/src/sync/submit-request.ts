import type { Keyspace, Lane, RouteJob, RoutingFeatures } from "@tokenhub/contracts";
import { queueUnavailable, type JobProducer } from "@tokenhub/queue";
import type { Redis } from "ioredis";
import type { Canceller } from "./cancel-request.ts";

export interface SubmitDeps {
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly producer: Pick<JobProducer, "addRoute" | "addOrchestrate">;
  readonly gatewayId: string;
  readonly cancel: Canceller;
}

export interface Submission {
  readonly requestId: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly keyId: string | null;
  readonly traceparent: string | null;
  readonly acceptedAtMs: number;
  /** How long its answer is waited for. */
  readonly waitMs: number;
  /** When its work is given up, in Unix milliseconds; not before the wait is over. */
  readonly deadlineAtMs: number;
  readonly lane: Lane;
  /** From 0 to 9 among requests of its lane; absent: it goes in its turn. */
  readonly priority?: number;
  readonly features: RoutingFeatures;
  readonly formatHeaders: Record<string, string>;
  readonly bodyText: string;
}

/** A stored body outlives the deadline, for retries that are still under way when it ends. */
const bodyMarginMs = 600_000;

/**
 * Stores the body and enqueues the routing job: both are sent at once on one connection, so the body is there first.
 * What Redis may have taken although its answer did not come is cancelled, because the caller is told to send it again.
 * @throws TokenHubError `queue_unavailable` when Redis did not take both.
 */
export async function submitRequest(deps: SubmitDeps, submission: Submission): Promise<void> {
  const { bodyText, waitMs: _, ...envelope } = submission;
  const { requestId, acceptedAtMs, deadlineAtMs } = envelope;
  const bodyTtlMs = Math.ceil(deadlineAtMs - acceptedAtMs + bodyMarginMs);
  const job: RouteJob = {
    v: 1,
    ...envelope,
    replyTo: deps.gatewayId,
    round: 0,
    excluded: [],
    attempts: [],
    lastDecision: null,
  };
  const isConnected = deps.redis.status === "ready";
  try {
    await Promise.all([
      deps.redis.set(deps.keyspace.requestBody(requestId), bodyText, "PX", bodyTtlMs),
      deps.producer.addRoute(job),
    ]);
  } catch (error) {
    if (isConnected) deps.cancel(requestId);
    throw queueUnavailable(error);
  }
}
