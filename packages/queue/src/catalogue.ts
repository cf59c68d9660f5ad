import {
  callJobSchema,
  envelopeSchema,
  orchestrateJobSchema,
  webhookJobSchema,
  type CallJob,
  type OrchestrateJob,
  type RouteJob,
  type WebhookJob,
} from "@tokenhub/contracts";

/** Everything that is true of one kind of job; producers, consumers and metrics derive from it. */
export interface JobDefinition<Payload> {
  readonly kind: JobKind;
  readonly schema: PayloadSchema<Payload>;
  /** Jobs one worker process runs at a time. Bounds the calls that one kill can repeat. */
  readonly concurrency: number;
  /** Runs of a job whose handler threw (our own fault or Redis trouble); provider failures are not counted here. */
  readonly attempts: number;
  /** How long failed records stay, in seconds. Finished ones go at once: the call ledger is what guards against repeats. */
  readonly keepFailedSeconds: number;
}

/** The part of a schema that consumers need. */
export interface PayloadSchema<Payload> {
  safeParse(value: unknown): { readonly success: true; readonly data: Payload } | { readonly success: false };
}

export type JobKind = "route" | "call" | "orchestrate" | "webhook";

/** The one description of every queue. One `call` queue per provider, so that pauses, limits and scaling are per provider. */
export const jobCatalogue = {
  route: {
    kind: "route",
    schema: envelopeSchema,
    concurrency: 100,
    attempts: 5,
    keepFailedSeconds: 604_800,
  },
  call: {
    kind: "call",
    schema: callJobSchema,
    concurrency: 64,
    attempts: 5,
    keepFailedSeconds: 604_800,
  },
  orchestrate: {
    kind: "orchestrate",
    schema: orchestrateJobSchema,
    concurrency: 50,
    // Up to 100 s of waiting in all. A job that is given up loses nothing: its run is found due and gets another one.
    attempts: 10,
    // While a failed record stays, its id cannot be added again, and a run that always fails leaves one for every look at it.
    keepFailedSeconds: 3_600,
  },
  webhook: {
    kind: "webhook",
    schema: webhookJobSchema,
    // Each mostly waits for its receiver, and one receiver gets only a small part of them at a time.
    concurrency: 128,
    attempts: 5,
    // The schedule is the gateway's, which sends an attempt of which nothing was heard again.
    keepFailedSeconds: 3_600,
  },
} as const satisfies {
  route: JobDefinition<RouteJob>;
  call: JobDefinition<CallJob>;
  orchestrate: JobDefinition<OrchestrateJob>;
  webhook: JobDefinition<WebhookJob>;
};

export const routeQueueName = "route";

export const orchestrateQueueName = "orchestrate";

export const webhookQueueName = "webhook";

/** Queue of one provider's calls. */
export function callQueueName(providerId: string): string {
  return `call.${providerId}`;
}

/** The id of a request's job in a given round: the same round always gives the same job, so adding it twice is harmless. */
export function jobIdOf(job: { readonly requestId: string; readonly round: number }): string {
  return `${job.requestId}.r${job.round}`;
}

/** The id of a look at a run: as long as one for the same cause waits or runs, another one changes nothing. */
export function orchestrateJobIdOf(job: Pick<OrchestrateJob, "runId" | "cause">): string {
  return `${job.runId}.${job.cause}`;
}

/** The id of one attempt to deliver a webhook. */
export function webhookJobIdOf({ deliveryId, attempt }: Pick<WebhookJob, "deliveryId" | "attempt">): string {
  return `${deliveryId}.${attempt}`;
}

/**
 * Timings by which the work of a dead worker is found: its lock runs out after `lockDurationMs` at most, and the next
 * stalled check, every `stalledIntervalMs`, puts the job back: 4 s + 2 x 1.5 s. Even a job whose next worker dies too before
 * it comes to it is taken up within 15 s.
 */
export const recoveryTimings = {
  lockDurationMs: 4_000,
  stalledIntervalMs: 1_500,
  maxStalledCount: 20,
} as const;
