import type { Keyspace, RouteJob, RoutingFeatures } from "@tokenhub/contracts";
import { queueUnavailable, type JobProducer } from "@tokenhub/queue";
import type { Redis } from "ioredis";

export interface SubmitDeps {
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly producer: Pick<JobProducer, "addRoute">;
  readonly gatewayId: string;
}

export interface Submission {
  readonly requestId: string;
  readonly tenantId: string;
  readonly traceparent: string | null;
  readonly acceptedAtMs: number;
  readonly waitMs: number;
  readonly features: RoutingFeatures;
  readonly formatHeaders: Record<string, string>;
  readonly bodyText: string;
}

/** A stored body outlives the wait, for retries that are still under way when it ends. */
const bodyMarginMs = 600_000;

/**
 * Stores the body and enqueues the routing job: both are sent at once on one connection, so the body is there first.
 * @throws TokenHubError `queue_unavailable` when Redis did not take both.
 */
export async function submitRequest(deps: SubmitDeps, submission: Submission): Promise<void> {
  const { requestId, tenantId, traceparent, acceptedAtMs, waitMs, features, formatHeaders, bodyText } = submission;
  const job: RouteJob = {
    v: 1,
    requestId,
    tenantId,
    lane: "interactive",
    traceparent,
    acceptedAtMs,
    deadlineAtMs: acceptedAtMs + waitMs,
    replyTo: deps.gatewayId,
    features,
    formatHeaders,
    round: 0,
    excluded: [],
    attempts: [],
  };
  try {
    await Promise.all([
      deps.redis.set(deps.keyspace.requestBody(requestId), bodyText, "PX", Math.ceil(waitMs + bodyMarginMs)),
      deps.producer.addRoute(job),
    ]);
  } catch (error) {
    throw queueUnavailable(error);
  }
}
