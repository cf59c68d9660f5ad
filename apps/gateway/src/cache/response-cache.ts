import type { RequestResult, StreamHead } from "@tokenhub/contracts";
import type { AnswerSource, AnswerStore } from "@tokenhub/ledger";
import type { ReplySink } from "../sync/await-reply.ts";
import type { Submission } from "../sync/submit-request.ts";
import type { CacheEvents } from "./cache-events.ts";
import { createFlights, type OwnFlight } from "./flights.ts";
import { decodeKeptAnswer, encodeKeptAnswer, isKeepable, type KeptAnswer } from "./kept-answer.ts";

export interface ResponseCacheOptions {
  readonly store: AnswerStore;
  readonly events: CacheEvents;
  readonly maxEntryBytes: number;
  readonly now: () => number;
  readonly pollIntervalMs?: number;
}

export interface ResponseCache extends Disposable {
  /** The way of one request through the cache. */
  enter(visit: CacheVisit): CachePassage;
}

interface CacheVisit {
  readonly submission: Submission;
  /** See `cacheKeyOf`. */
  readonly key: string;
  readonly ttlMs: number;
}

/** What the cache does for a request, in the words of the request. */
interface CacheDoors {
  /** The caller's reply. */
  readonly sink: ReplySink;
  /** Makes the request's own call, whose answer goes to `sink`. */
  readonly call: (sink: ReplySink) => Promise<void>;
  /** Gives a kept answer to the caller. */
  readonly hit: (kept: KeptAnswer, ageMs: number) => void;
  /** Fires when the caller goes away. */
  readonly signal: AbortSignal;
}

export interface CachePassage {
  /** Answers from the cache, waits with others for one answer, or makes the call. Rejects as `call` does. */
  serve(doors: CacheDoors): Promise<void>;
  /** The caller has its answer, and it was good: a leader's is kept now. False: it was not, or the caller is gone. */
  end(isGood: boolean): void;
}

/** After a leader without an answer one other request of those that wait tries; then each makes its own call. */
const followedLeaders = 2;
/** A flight may take a little longer than its leader waits, for the worker's own end of the request. */
const flightMarginMs = 5_000;

/**
 * Answers kept for identical requests of one tenant. Of those that come at the same time one calls and the others wait for
 * its answer. Only whole, good answers are kept. The cache never fails a request: what Redis does not do is not cached.
 */
export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  const { store, events, now } = options;
  const { redisTrouble: onError } = events;
  const { pollIntervalMs } = options;
  const flights = createFlights({
    store,
    now,
    onError,
    ...(pollIntervalMs === undefined ? {} : { pollIntervalMs }),
  });
  return {
    enter(visit) {
      let leading: { readonly flight: OwnFlight; readonly recording: Recording } | null = null;
      const { requestId, features } = visit.submission;
      // A stream's text serves streams only; a whole answer serves both.
      const hash = features.stream ? `${visit.key}.s` : visit.key;

      const open = async (): Promise<AnswerSource | null> => {
        try {
          return await store.open({
            hash,
            otherHashes: features.stream ? [visit.key] : [],
            requestId,
            flightTtlMs: visit.submission.waitMs + flightMarginMs,
            maxAgeMs: visit.ttlMs,
          });
        } catch (error) {
          onError(error);
          return null;
        }
      };
      const lead = async ({ sink, call, signal }: CacheDoors): Promise<void> => {
        events.lookedUp("miss");
        const recording = createRecording(sink, options.maxEntryBytes);
        const flight = flights.lead(hash, requestId);
        leading = { flight, recording };
        if (signal.aborted) flight.end(null, null);
        else await call(recording.sink);
      };
      const callAlone = (doors: CacheDoors): Promise<void> => {
        events.lookedUp("miss");
        return doors.call(doors.sink);
      };

      return {
        async serve(doors) {
          for (let followed = 0; followed < followedLeaders; followed += 1) {
            const source = await open();
            if (source?.kind === "lead") return lead(doors);
            if (doors.signal.aborted) return;
            if (source === null) return callAlone(doors);
            if (source.kind === "kept") {
              const kept = decodeKeptAnswer(source.text);
              if (kept === null) return callAlone(doors);
              events.lookedUp("hit");
              return doors.hit(kept, source.ageMs);
            }
            const { leaderId } = source;
            const answer = await inTime(flights.follow({ hash, leaderId, operation: features.operation }), {
              untilMs: visit.submission.acceptedAtMs + visit.submission.waitMs,
              now,
              signal: doors.signal,
            });
            if (answer === "gone") return;
            if (answer === "late") return doors.sink.onTimeout();
            if (answer !== null) {
              events.lookedUp("shared");
              return doors.hit(answer, 0);
            }
          }
          return callAlone(doors);
        },
        end(isGood) {
          if (leading === null) return;
          const { flight, recording } = leading;
          const answer = isGood ? recording.answer(visit.submission) : null;
          const text = answer === null ? null : encodeKeptAnswer(answer);
          const fits = text !== null && Buffer.byteLength(text) <= options.maxEntryBytes;
          events.ended(fits ? "stored" : text === null && !recording.isTooLarge() ? "not_kept" : "too_large");
          flight.end(answer, fits ? { text, ttlMs: visit.ttlMs } : null);
          leading = null;
        },
      };
    },
    [Symbol.dispose]: () => flights[Symbol.dispose](),
  };
}

interface Recording {
  /** Passes everything on and remembers it. */
  readonly sink: ReplySink;
  /** The answer, if it came whole and may be given to others. */
  answer(submission: Submission): KeptAnswer | null;
  isTooLarge(): boolean;
}

function createRecording(sink: ReplySink, maxBytes: number): Recording {
  let head: StreamHead | null = null;
  let pieces: string[] = [];
  let length = 0;
  let ended: { readonly result: RequestResult; readonly body: string } | null = null;
  return {
    sink: {
      ...sink,
      onHead(streamHead) {
        head = streamHead;
        sink.onHead(streamHead);
      },
      onText(text) {
        length += text.length;
        if (length <= maxBytes) pieces.push(text);
        else pieces = [];
        sink.onText(text);
      },
      onEnd(result, body) {
        ended = { result, body };
        sink.onEnd(result, body);
      },
    },
    answer({ requestId, acceptedAtMs, features }) {
      if (ended === null || length > maxBytes || !isKeepable(ended.result, features.operation)) return null;
      const { estimatedInputTokens } = features;
      return {
        origin: { requestId, acceptedAtMs, estimatedInputTokens },
        result: ended.result,
        head,
        text: head === null ? ended.body : pieces.join(""),
      };
    },
    isTooLarge: () => length > maxBytes,
  };
}

/** What a promise gives before the time is over and the caller gone. */
async function inTime<Value>(
  promise: Promise<Value>,
  { untilMs, now, signal }: { untilMs: number; now: () => number; signal: AbortSignal },
): Promise<Value | "late" | "gone"> {
  const { promise: stopped, resolve } = Promise.withResolvers<"late" | "gone">();
  const timer = setTimeout(resolve, Math.max(0, untilMs - now()), "late" as const);
  const onGone = (): void => resolve("gone");
  signal.addEventListener("abort", onGone, { once: true });
  if (signal.aborted) onGone();
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onGone);
  }
}
