import type { Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { runIdOf } from "../orchestration/run-id-of.ts";
import type { RunningJob } from "./run-jobs.ts";

/** What it takes of a running job. */
type SentJob = Pick<RunningJob, "submitAgain" | "sentAtMs"> & {
  readonly job: Pick<RunningJob["job"], "id" | "requestId">;
};

export interface LostRequestDeps {
  readonly running: ReadonlyMap<string, SentJob>;
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** A request is on its way to the queues for a moment. */
const youngMs = 1_000;
/** After so long without an answer it is sent again although Redis knows of it: its job may be lost, and one more harms nothing. */
const quietMs = 60_000;
const jobsAtOnce = 500;

/**
 * Sends requests of running jobs again that Redis has lost: those of which neither body nor result nor run is left, and, once a
 * minute, those on which nobody works. Whoever gets one of them a second time finds out by the ledger.
 */
export async function sendLostAgain({
  running,
  redis,
  keyspace,
  now,
  onError,
}: LostRequestDeps): Promise<void> {
  const sent = [...running.values()].filter(
    ({ submitAgain, sentAtMs }) => submitAgain !== null && now() - sentAtMs > youngMs,
  );
  for (let start = 0; start < sent.length; start += jobsAtOnce) {
    if (redis.status !== "ready") return;
    await Promise.all(sent.slice(start, start + jobsAtOnce).map((entry) => look(entry).catch(onError)));
  }

  async function look(entry: SentJob): Promise<void> {
    const { requestId } = entry.job;
    const [stored, isAnswered, leaseUntil] = await Promise.all([
      redis.exists(keyspace.requestBody(requestId), keyspace.run(runIdOf(requestId))),
      redis.exists(keyspace.result(requestId)),
      redis.hget(keyspace.callRow(requestId), "leaseUntil"),
    ]);
    if (isAnswered === 1 || running.get(entry.job.id) !== entry) return;
    const isQuiet = now() - entry.sentAtMs > quietMs && Number(leaseUntil ?? "0") < now();
    if (stored > 0 && !isQuiet) return;
    entry.sentAtMs = now();
    await entry.submitAgain?.();
  }
}
