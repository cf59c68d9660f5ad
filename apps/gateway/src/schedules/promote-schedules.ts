import { TokenHubError } from "@tokenhub/contracts";
import type { ScheduleRepository, StoredSchedule } from "@tokenhub/persistence";
import { timeAfter } from "./cron-times.ts";
import { digitsOfOccurrence, makeScheduledJob, type ScheduledJobDeps } from "./scheduled-jobs.ts";

export interface PromotionDeps extends ScheduledJobDeps {
  readonly schedules: Pick<ScheduleRepository, "due" | "advance" | "noteProblem">;
  /** Told of every occurrence that was dealt with here. */
  readonly onOccurrence: (outcome: "made" | "refused") => void;
  readonly onError: (error: unknown) => void;
}

/** Later ones have their turn at the next look. */
const mostAtOnce = 100;
/** What these say passes by itself: the occurrence is tried again at the next look. */
const passingCodes: ReadonlySet<string> = new Set([
  "overloaded",
  "queue_unavailable",
  "shutting_down",
  "internal_error",
]);

/**
 * Makes the jobs of the occurrences that have come. Every gateway may try: the job's id follows from the occurrence, and only
 * one of them has the schedule wait for the next. What was missed while no gateway ran is made up for by one job, that of the
 * first occurrence missed.
 */
export async function promoteSchedules(deps: PromotionDeps): Promise<void> {
  for (const schedule of await deps.schedules.due(deps.now(), mostAtOnce)) {
    try {
      await promote(deps, schedule);
    } catch (error) {
      // The others do not wait for it.
      deps.onError(error);
    }
  }
}

async function promote(deps: PromotionDeps, { entry }: StoredSchedule): Promise<void> {
  const { id, nextAtMs: atMs } = entry;
  if (atMs === null) return;
  const outcome = await outcomeOf(deps, entry, atMs);
  if (outcome.kind === "again") return deps.schedules.noteProblem({ id, atMs }, outcome.problem);
  const nextAtMs = timeAfter(entry, Math.max(atMs, deps.now()));
  const isOurs = await deps.schedules.advance({ id, atMs }, { nextAtMs, outcome });
  if (isOurs) deps.onOccurrence(outcome.kind);
}

type Outcome =
  | { readonly kind: "made"; readonly jobId: string }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "again"; readonly problem: string };

async function outcomeOf(
  deps: PromotionDeps,
  entry: StoredSchedule["entry"],
  atMs: number,
): Promise<Outcome> {
  try {
    const digits = digitsOfOccurrence(entry.id, atMs);
    return { kind: "made", jobId: await makeScheduledJob(deps, entry, { atMs, digits }) };
  } catch (error) {
    if (!(error instanceof TokenHubError)) throw error;
    const problem = `${error.code}: ${error.message}`;
    return { kind: passingCodes.has(error.code) ? "again" : "refused", problem };
  }
}

/** Looks for occurrences again and again, one look after the other. */
export function startSchedulePromotion(deps: PromotionDeps, { intervalMs = 1_000 } = {}): AsyncDisposable {
  let isOver = false;
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    if (isOver) return;
    looking ??= promoteSchedules(deps)
      .catch(deps.onError)
      .finally(() => (looking = null));
  }, intervalMs);
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(timer);
      await looking;
    },
  };
}
