import { z } from "zod";

/**
 * A generation request that is carried out without its caller waiting for it. It is accepted in SQL, carried out by a
 * gateway as if it had been sent there and then, and keeps what a waiting caller would have been answered.
 *
 * - `scheduled`: not to begin before a time that is still to come
 * - `queued`: waits for its turn
 * - `running`: a gateway is carrying it out
 * - `succeeded`, `failed`, `cancelled`, `expired` (its deadline came before it could begin, nothing was spent): the end
 */
export const asyncJobStateSchema = z.enum([
  "scheduled",
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
]);
export type AsyncJobState = z.infer<typeof asyncJobStateSchema>;

/** States that nothing follows, but a replay, which is a job of its own. */
export const finalJobStates = [
  "succeeded",
  "failed",
  "cancelled",
  "expired",
] as const satisfies AsyncJobState[];
export type FinalJobState = (typeof finalJobStates)[number];

/** How a job came to be. */
export const asyncJobOriginSchema = z.enum([
  /** `POST /v1/jobs`. */
  "jobs_api",
  /** `Prefer: respond-async` on a generation endpoint. */
  "prefer",
  /** A caller's wait ran out. */
  "sync_wait",
  /** A request with an Idempotency-Key, whose caller waits. */
  "idempotency",
  /** `POST /v1/responses` with `background: true`. */
  "response",
  /** One line of a batch. */
  "batch",
  /** A recurring job fell due. */
  "schedule",
  /** A dead letter that was sent again. */
  "replay",
]);
export type AsyncJobOrigin = z.infer<typeof asyncJobOriginSchema>;

/** Where a job's end is told, beside the endpoints of its tenant. */
export const jobWebhookSchema = z.object({
  url: z.string(),
  /** Sealed with the cluster secret (see `sealWebhookSecret`); null: the tenant's own signing secret is used. */
  sealedSecret: z.string().nullable(),
  /** Event types that are wanted; null: the job's end. */
  eventTypes: z.array(z.string()).nullable(),
});
export type JobWebhook = z.infer<typeof jobWebhookSchema>;
