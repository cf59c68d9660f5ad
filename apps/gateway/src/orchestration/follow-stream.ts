import { TokenHubError } from "@tokenhub/contracts";
import type { Response } from "express";
import { setTimeout as sleep } from "node:timers/promises";
import { findRun, type FindRunDeps, type FoundRun } from "./find-run.ts";
import { decodeCursor, startOfRun, strangeCursor, type FollowCursor } from "./follow-cursor.ts";
import type { FollowedEvent } from "./follow-events.ts";
import { endOfRun, isEndOfBooks, replayRun } from "./follow-replay.ts";
import { followRun, type FollowDeps } from "./follow-run.ts";

export interface FollowersOptions extends FollowDeps, FindRunDeps {
  readonly runs: FollowDeps["runs"];
  readonly onError: (error: unknown) => void;
  readonly limits?: Partial<FollowLimits>;
}

export interface FollowLimits {
  /** Streams this gateway holds open at once. Default 1,000. */
  readonly mostFollowers: number;
  /** Default 15 s. */
  readonly keepAliveMs: number;
  /** A client that takes nothing for so long is cut off. Default 30 s. */
  readonly slowMs: number;
  /** How long what was written last is kept for it. Default 30 s. */
  readonly lingerMs: number;
  /** Of one stream. Default 1 h. */
  readonly longestMs: number;
  /** How long Redis may be away. Default 30 s. */
  readonly outageMs: number;
}

const defaultLimits: FollowLimits = {
  mostFollowers: 1_000,
  keepAliveMs: 15_000,
  slowMs: 30_000,
  lingerMs: 30_000,
  longestMs: 3_600_000,
  outageMs: 30_000,
};

/** Why a stream ended before its run; the client resumes behind the last id it has. */
type Interruption = "slow_reader" | "stream_too_long" | "shutting_down" | "queue_unavailable" | "run_lost";

const interruptions: Readonly<Record<Interruption, string>> = {
  slow_reader: "You read too slowly. Follow again behind the last event you have.",
  stream_too_long: "This stream has lasted as long as one may. Follow again behind the last event you have.",
  shutting_down: "This gateway is shutting down. Follow again behind the last event you have.",
  queue_unavailable:
    "What the run tells cannot be read right now. Follow again behind the last event you have.",
  run_lost: "The run is no longer where it can be followed. GET /v1/orchestrations/{id} says how it stands.",
};

/** The streams of events that this gateway serves. Disposing ends them all, with a word. */
export interface Followers extends Disposable {
  /**
   * Answers with the events of a run as they come: 200 and server-sent events, or 204 when nothing comes behind `after`.
   * @param after id of the last event the client has; null: from the start.
   * @throws TokenHubError `overloaded`, `shutting_down`, `invalid_request` for an id that no event of the run has.
   */
  stream(
    response: Response,
    following: { readonly run: FoundRun; readonly after: string | null },
  ): Promise<void>;
  /** For whoever begins something first that is to be followed. @throws TokenHubError `overloaded`, `shutting_down` */
  requireRoom(): void;
  readonly count: number;
}

export function createFollowers(options: FollowersOptions): Followers {
  const limits = { ...defaultLimits, ...options.limits };
  const open = new Set<(why: Interruption) => void>();
  let isClosed = false;

  function requireRoom(): void {
    if (isClosed)
      throw new TokenHubError("shutting_down", "This gateway is shutting down. Send the request again.", {
        retryAfterMs: 500,
      });
    if (open.size >= limits.mostFollowers)
      throw new TokenHubError("overloaded", "Too many clients follow runs already. Try again later.", {
        retryAfterMs: 5_000,
      });
  }

  /** Where the log of a stored run is to be told from; null: everything is told already. */
  async function startOf({ input, state }: FoundRun, after: string | null): Promise<FollowCursor | null> {
    if (after === null) return startOfRun;
    const cursor = decodeCursor(after);
    const { eventNumber } = cursor;
    if (eventNumber === 0) return cursor;
    const rows = await options.runs.readEvents(input.runId, eventNumber - 1, 2);
    if (rows[0]?.number !== eventNumber) throw strangeCursor();
    return state.outcome !== null && rows.length === 1 ? null : cursor;
  }

  async function pump(
    writer: StreamWriter,
    run: FoundRun,
    start: FollowCursor,
  ): Promise<Interruption | null> {
    const { runId } = run.input;
    const { signal } = writer;
    let after = start;
    let troubleSince: number | null = null;
    for (;;) {
      const events = followRun(options, { runId, after, signal });
      try {
        for (;;) {
          const step = await events.next();
          if (step.done === true) return step.value === "gone" ? await tellFromBooks(writer, runId) : null;
          troubleSince = null;
          for (const event of step.value) {
            const fault = await writer.write(event);
            if (fault !== null) return fault;
            if (event.id !== null) after = decodeCursor(event.id);
          }
        }
      } catch (error) {
        options.onError(error);
        troubleSince ??= performance.now();
        const isOver = performance.now() - troubleSince > limits.outageMs;
        if (isOver || error instanceof TokenHubError) return "queue_unavailable";
        await sleep(options.pollIntervalMs ?? 1_000, undefined, { signal }).catch(() => undefined);
      } finally {
        await events.return("aborted");
      }
    }
  }

  async function tellFromBooks(writer: StreamWriter, runId: string): Promise<Interruption | null> {
    const run = await findRun(options, runId);
    const end = run === null ? null : endOfRun(run.input, run.state);
    return end === null ? "run_lost" : writer.write(end);
  }

  /** Of a run whose log is no longer kept. Places were those of the log, so a client that has one gets the whole report. */
  async function replay(
    writer: StreamWriter,
    { run, after }: { readonly run: FoundRun; readonly after: string | null },
  ): Promise<Interruption | null> {
    const end = endOfRun(run.input, run.state);
    for (const event of after === null ? replayRun(run.state) : []) {
      const fault = await writer.write(event);
      if (fault !== null) return fault;
    }
    return end === null ? "run_lost" : writer.write(end);
  }

  return {
    requireRoom,
    async stream(response, { run, after }) {
      requireRoom();
      if (after !== null && !run.isStored) decodeCursor(after);
      const start = run.isStored ? await startOf(run, after) : null;
      if (run.isStored ? start === null : after !== null && isEndOfBooks(after)) {
        response.status(204).end();
        return;
      }
      requireRoom();
      const writer = openWriter(response, limits);
      open.add(writer.interrupt);
      try {
        const fault = await (start === null ? replay(writer, { run, after }) : pump(writer, run, start));
        writer.end(fault);
      } catch (error) {
        options.onError(error);
        writer.end("queue_unavailable");
      } finally {
        open.delete(writer.interrupt);
      }
    },
    get count() {
      return open.size;
    },
    [Symbol.dispose]() {
      isClosed = true;
      for (const interrupt of open) interrupt("shutting_down");
    },
  };
}

interface StreamWriter {
  /** Aborts when the client has gone or the stream is interrupted. */
  readonly signal: AbortSignal;
  readonly interrupt: (why: Interruption) => void;
  /** Waits until the client has room again; not null: it had none for too long. */
  write(event: FollowedEvent): Promise<Interruption | null>;
  /** Says why when the run is not told to its end, and closes. */
  end(why: Interruption | null): void;
}

function openWriter(response: Response, limits: FollowLimits): StreamWriter {
  const { keepAliveMs, slowMs, lingerMs, longestMs } = limits;
  const ending = new AbortController();
  let reason: Interruption | null = null;
  const interrupt = (why: Interruption): void => {
    reason ??= why;
    ending.abort();
  };
  response.status(200);
  response.setHeader("content-type", "text/event-stream; charset=utf-8");
  response.setHeader("cache-control", "no-cache, no-transform");
  response.setHeader("x-accel-buffering", "no");
  response.flushHeaders();
  response.once("close", () => ending.abort());
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(": keep-alive\n\n");
  }, keepAliveMs);
  const limit = setTimeout(interrupt, longestMs, "stream_too_long");

  return {
    signal: ending.signal,
    interrupt,
    async write(event) {
      if (response.destroyed || response.write(textOf(event))) return null;
      const { promise, resolve } = Promise.withResolvers<Interruption | null>();
      const slow = setTimeout(resolve, slowMs, "slow_reader");
      const onMove = (): void => resolve(null);
      response.once("drain", onMove);
      ending.signal.addEventListener("abort", onMove, { once: true });
      try {
        return await promise;
      } finally {
        clearTimeout(slow);
        response.off("drain", onMove);
        ending.signal.removeEventListener("abort", onMove);
      }
    },
    end(why) {
      clearInterval(keepAlive);
      clearTimeout(limit);
      if (response.destroyed) return;
      const code = why ?? reason;
      if (code !== null)
        response.write(
          textOf({ id: null, type: "interrupted", data: { code, message: interruptions[code] } }),
        );
      response.end();
      const linger = setTimeout(() => response.destroy(), lingerMs);
      response.once("close", () => clearTimeout(linger));
    },
  };
}

function textOf({ id, type, data }: FollowedEvent): string {
  return `${id === null ? "" : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
