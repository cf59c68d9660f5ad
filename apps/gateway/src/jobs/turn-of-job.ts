import type { JobRepository, StoredJob } from "@tokenhub/persistence";
import type { JobTurn } from "./present-job.ts";

export interface TurnDeps {
  readonly jobs: Pick<JobRepository, "queuePosition" | "recentPace">;
  readonly now: () => number;
}

/** The pace of a group is that of so long. */
const paceOverMs = 300_000;

/** When a waiting job may begin, as far as the pace of those before it tells. */
export async function turnOf({ jobs, now }: TurnDeps, job: StoredJob): Promise<JobTurn> {
  if (job.state === "scheduled") return { position: null, estimatedStartMs: job.notBeforeMs };
  if (job.state !== "queued") return { position: null, estimatedStartMs: null };
  const nowMs = now();
  const position = await jobs.queuePosition(job);
  const pace = await jobs.recentPace(job.dispatchGroup, { sinceMs: nowMs - paceOverMs, nowMs });
  const estimatedStartMs = position === null || pace <= 0 ? null : nowMs + (position * 1_000) / pace;
  return { position, estimatedStartMs };
}
