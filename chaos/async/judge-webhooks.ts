import { webhookEventIdOf } from "@tokenhub/webhooks";
import type { FinalJobState } from "@tokenhub/contracts";
import type { SeenDelivery } from "./flaky-receiver.ts";
import type { JobFacts } from "./job-facts.ts";
import { managedPath } from "./plan-job.ts";

export interface WebhookVerdict {
  /** Every attempt that reached the receiver. */
  readonly attempts: number;
  /** Events times their receivers: what was to arrive. */
  readonly due: number;
  /** Was to arrive, and was never taken. */
  readonly missing: readonly string[];
  /** Told under an id that is not its own, or by two texts. */
  readonly wrong: readonly string[];
  /** Told of no job, or to a receiver that did not ask. */
  readonly stray: readonly string[];
  readonly unsigned: number;
  /** Taken more than once under one id, which a receiver knows by it. */
  readonly repeats: number;
}

/** Holds what the receiver got against the jobs that ended. */
export function judgeWebhooks({
  deliveries,
  jobs,
}: {
  readonly deliveries: readonly SeenDelivery[];
  readonly jobs: readonly JobFacts[];
}): WebhookVerdict {
  const due = new Map(jobs.flatMap(dueOf));
  const seen = Map.groupBy(deliveries, ({ path, jobId }) => keyOf(path, jobId));
  const missing: string[] = [];
  const wrong: string[] = [];
  let repeats = 0;
  for (const [key, eventId] of due) {
    const those = seen.get(key) ?? [];
    const taken = those.filter(({ isTaken }) => isTaken).length;
    if (taken === 0) missing.push(key);
    repeats += Math.max(0, taken - 1);
    const isOne = those.every((one) => one.eventId === eventId && one.body === those[0]?.body);
    if (!isOne) wrong.push(`${key}: ${[...new Set(those.map((one) => one.eventId))].join(", ")}`);
  }
  return {
    attempts: deliveries.length,
    due: due.size,
    missing,
    wrong,
    stray: [...seen.keys()].filter((key) => !due.has(key)),
    unsigned: deliveries.filter(({ isSigned }) => !isSigned).length,
    repeats,
  };
}

/** Where the end of a job is told, with the id under which it is. */
function dueOf({ id, state, finishedAtMs, webhookPath }: JobFacts): [string, string][] {
  if (finishedAtMs === null || !isFinal(state)) return [];
  const eventId = webhookEventIdOf({ type: `job.${state}`, subjectId: id });
  const paths = webhookPath === null ? [managedPath] : [managedPath, webhookPath];
  return paths.map((path) => [keyOf(path, id), eventId]);
}

function isFinal(state: JobFacts["state"]): state is FinalJobState {
  return state !== "scheduled" && state !== "queued" && state !== "running";
}

function keyOf(path: string, jobId: string): string {
  return `${path} ${jobId}`;
}
