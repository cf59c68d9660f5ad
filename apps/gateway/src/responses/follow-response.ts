import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, ResponseRepository, StoredResponse } from "@tokenhub/persistence";
import type { Response } from "express";
import { once } from "node:events";
import type { AttachedAnswer } from "../jobs/attach-to-job.ts";
import { hasEnded, type JobWaits } from "../jobs/job-waits.ts";
import { createEventNumbering, type NumberedEvent } from "./number-events.ts";
import { runningResponseOf } from "./present-response.ts";
import { parseObject } from "./response-event.ts";

/** Sends the streams of responses in the background. */
export interface ResponseFollower extends Disposable {
  /**
   * Sends the events of a response behind the one numbered `after` (-1: all), live or as they were kept, until it has ended.
   * That its reader goes away changes nothing for the response.
   * @throws TokenHubError `overloaded` when as many follow as may, `not_found` when the events are not kept any more.
   */
  follow(response: Response, followed: FollowedResponse): Promise<void>;
}

interface FollowedResponse {
  readonly stored: StoredResponse;
  readonly jobId: string;
  /** Unix milliseconds of the job's acceptance. */
  readonly createdAtMs: number;
  readonly after: number;
}

export interface ResponseFollowerDeps {
  readonly responses: Pick<ResponseRepository, "get">;
  readonly jobs: Pick<JobRepository, "get">;
  readonly attach: (jobId: string, signal: AbortSignal) => Promise<AttachedAnswer | null>;
  readonly waits: Pick<JobWaits, "untilEnd">;
  readonly now: () => number;
  readonly mostFollowers?: number;
}

const defaultMostFollowers = 1_000;
const keepAliveMs = 15_000;
/** Whoever has seen the last event finds the response as it ended, unless writing that takes longer. */
const endPatienceMs = 5_000;

export function createResponseFollower(deps: ResponseFollowerDeps): ResponseFollower {
  const closing = new AbortController();
  let followers = 0;
  return {
    async follow(response, followed) {
      if (followers >= (deps.mostFollowers ?? defaultMostFollowers))
        throw new TokenHubError(
          "overloaded",
          "As many streams are followed here as may be. Ask for the response without `stream`, or try again in a moment.",
          { retryAfterMs: 1_000 },
        );
      followers += 1;
      const leaving = new AbortController();
      response.once("close", () => leaving.abort());
      const signal = AbortSignal.any([leaving.signal, closing.signal]);
      try {
        await sendEvents(deps, response, { ...followed, signal });
      } catch (error) {
        if (!signal.aborted) throw error;
        response.end();
      } finally {
        followers -= 1;
      }
    },
    [Symbol.dispose]: () => closing.abort(),
  };
}

interface Following extends FollowedResponse {
  readonly signal: AbortSignal;
}

async function sendEvents(
  deps: ResponseFollowerDeps,
  response: Response,
  following: Following,
): Promise<void> {
  const { after, signal } = following;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  const keepAlive = setInterval(() => response.write(": keep-alive\n\n"), keepAliveMs);
  try {
    for await (const { number, text } of eventsOf(deps, following)) {
      if (number !== null && number <= after) continue;
      if (!response.write(text)) await once(response, "drain", { signal });
    }
    response.end();
  } finally {
    clearInterval(keepAlive);
  }
}

async function* eventsOf(deps: ResponseFollowerDeps, following: Following): AsyncIterable<NumberedEvent> {
  const { stored, jobId, createdAtMs, signal } = following;
  const numbering = createEventNumbering(runningResponseOf(stored.draftJson, { createdAtMs }));
  yield* numbering.begin();
  const answer = await deps.attach(jobId, signal);
  if (answer !== null && isEventStream(answer))
    for await (const event of numberedOf(answer, numbering)) {
      // Whoever has seen it may ask for the response.
      if (event.isTerminal) await deps.waits.untilEnd(jobId, { timeoutMs: endPatienceMs, signal });
      yield event;
      if (event.isTerminal) return;
    }
  const response = await untilEnded(deps, following);
  if (response !== null) yield numbering.end(response);
}

async function* numberedOf(
  { text }: AttachedAnswer,
  numbering: ReturnType<typeof createEventNumbering>,
): AsyncIterable<NumberedEvent> {
  for await (const piece of text) yield* numbering.push(piece);
  yield* numbering.rest();
}

function isEventStream({ headers }: AttachedAnswer): boolean {
  return (headers["content-type"] ?? "").startsWith("text/event-stream");
}

/** The response as it ended; null when it was deleted meanwhile. */
async function untilEnded(
  { responses, jobs, waits, now }: ResponseFollowerDeps,
  { stored: { id, tenantId }, jobId, signal }: Following,
) {
  for (;;) {
    const job = await waits.untilEnd(jobId, { timeoutMs: 60_000, signal });
    signal.throwIfAborted();
    if (job !== null && !hasEnded(job)) continue;
    const ended = await responses.get({ id, tenantId, nowMs: now() });
    if (ended === null || ended.responseJson !== null) return parseObject(ended?.responseJson ?? "");
    // It ended between the two looks, or there never was a job.
    if ((await jobs.get(jobId)) === null) return null;
  }
}
