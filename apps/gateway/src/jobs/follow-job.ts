import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, StoredJob } from "@tokenhub/persistence";
import { createSseSplitter, splitSseBlocks } from "@tokenhub/translation";
import type { Response } from "express";
import { setTimeout as sleep } from "node:timers/promises";
import { attachToJob, type AttachDeps } from "./attach-to-job.ts";
import { hasEnded, type JobWaits } from "./job-waits.ts";
import { presentJob } from "./present-job.ts";

/** Tells followers what happens to a job. */
export interface JobFollower extends Disposable {
  /**
   * Sends the events of a job behind the one numbered `after` (0: all), until it has ended: `accepted`, `started`, for a stream
   * `output` for each of its events, and `ended` with the result. Numbers are the same for every follower at any time.
   * @throws TokenHubError `overloaded` when as many follow as may.
   */
  follow(response: Response, options: { readonly job: StoredJob; readonly after: number }): Promise<void>;
}

export interface JobFollowerDeps extends AttachDeps {
  readonly jobs: Pick<JobRepository, "get" | "answer" | "request">;
  readonly waits: Pick<JobWaits, "untilEnd">;
}

const mostFollowers = 1_000;
const lookEveryMs = 150;
const keepAliveMs = 15_000;
/** Numbers of the events that every job has; those of its output come between the second and the last. */
const acceptedNumber = 1;
const startedNumber = 2;

export function createJobFollower(deps: JobFollowerDeps): JobFollower {
  const closing = new AbortController();
  let followers = 0;
  return {
    async follow(response, { job, after }) {
      if (followers >= mostFollowers)
        throw new TokenHubError(
          "overloaded",
          "As many jobs are followed here as may. Ask for the job itself instead, or try again in a moment.",
          { retryAfterMs: 1_000 },
        );
      followers += 1;
      const leaving = new AbortController();
      response.once("close", () => leaving.abort());
      const signal = AbortSignal.any([leaving.signal, closing.signal]);
      const stream = openEventStream(response, after);
      try {
        await tell(deps, { job, stream, signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        followers -= 1;
        stream.close();
      }
    },
    [Symbol.dispose]: () => closing.abort(),
  };
}

interface EventStream {
  send(number: number, event: { readonly type: string; readonly data: unknown }): void;
  close(): void;
}

function openEventStream(response: Response, after: number): EventStream {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  const keepAlive = setInterval(() => response.write(": keep-alive\n\n"), keepAliveMs);
  return {
    send(number, { type, data }) {
      if (number > after) response.write(`id: ${number}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    close() {
      clearInterval(keepAlive);
      response.end();
    },
  };
}

interface Telling {
  readonly job: StoredJob;
  readonly stream: EventStream;
  readonly signal: AbortSignal;
}

async function tell(deps: JobFollowerDeps, { job, stream, signal }: Telling): Promise<void> {
  stream.send(acceptedNumber, {
    type: "accepted",
    data: { id: job.id, created_at: seconds(job.createdAtMs) },
  });
  const begun = await untilBegun(deps, job, signal);
  if (begun === null) return;
  if (begun.startedAtMs !== null)
    stream.send(startedNumber, {
      type: "started",
      data: { id: job.id, started_at: seconds(begun.startedAtMs) },
    });
  const outputs = job.isStream ? await tellOutput(deps, { job, stream, signal }) : 0;
  const ended = await untilEnded(deps, job, signal);
  if (ended === null) return;
  const answer = job.isStream ? null : await deps.jobs.answer(job.id);
  stream.send(startedNumber + outputs + 1, { type: "ended", data: presentJob(ended, { answer }) });
}

/** Null when it was deleted. */
async function untilBegun(
  { jobs }: JobFollowerDeps,
  { id }: StoredJob,
  signal: AbortSignal,
): Promise<StoredJob | null> {
  for (;;) {
    const job = await jobs.get(id);
    if (job === null || job.startedAtMs !== null || hasEnded(job)) return job;
    await sleep(lookEveryMs, undefined, { signal });
  }
}

async function untilEnded(
  { waits }: JobFollowerDeps,
  { id }: StoredJob,
  signal: AbortSignal,
): Promise<StoredJob | null> {
  for (;;) {
    const job = await waits.untilEnd(id, { timeoutMs: 60_000, signal });
    signal.throwIfAborted();
    if (job === null || hasEnded(job)) return job;
  }
}

/** Each event of the answer's stream is one output. Gives their number. */
async function tellOutput(deps: JobFollowerDeps, { job, stream, signal }: Telling): Promise<number> {
  const answer = await attachToJob(deps, job.id, signal);
  if (answer === null || !(answer.headers["content-type"] ?? "").startsWith("text/event-stream")) return 0;
  const splitter = createSseSplitter();
  let count = 0;
  const send = (events: string): void => {
    for (const block of splitSseBlocks(events)) {
      const sse = block.trim();
      if (sse !== "") stream.send(startedNumber + (count += 1), { type: "output", data: { sse } });
    }
  };
  for await (const text of answer.text) send(splitter.push(text));
  send(splitter.takeRest());
  return count;
}

function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}
