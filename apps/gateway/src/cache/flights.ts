import { decodeStoredResult, requestResultSchema, type Operation } from "@tokenhub/contracts";
import type { AnswerStore } from "@tokenhub/ledger";
import { decodeKeptAnswer, isKeepable, type KeptAnswer } from "./kept-answer.ts";

interface FlightToFollow {
  readonly hash: string;
  readonly leaderId: string;
  readonly operation: Operation;
}

/** Requests that are fetching an answer, and those that wait for it with them. */
export interface Flights extends Disposable {
  /** Leads a flight of this gateway. */
  lead(hash: string, leaderId: string): OwnFlight;
  /** The leader's answer; null when it got none that others may have. Never rejects. */
  follow(flight: FlightToFollow): Promise<KeptAnswer | null>;
}

export interface OwnFlight {
  /** Tells the followers; those of other gateways learn it from the store. May be called again. */
  end(answer: KeptAnswer | null, keep: { readonly text: string; readonly ttlMs: number } | null): void;
}

export interface FlightsOptions {
  readonly store: AnswerStore;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** How often a flight of another gateway is looked at, whatever the number of its followers here. */
  readonly pollIntervalMs?: number;
}

/** A leader whose result is stored keeps its answer within this time, unless its gateway died. */
const keepingMs = 2_000;

export function createFlights({ store, now, onError, pollIntervalMs = 150 }: FlightsOptions): Flights {
  const own = new Map<string, Promise<KeptAnswer | null>>();
  const foreign = new Map<string, Promise<KeptAnswer | null>>();
  const closed = new AbortController();

  async function watchOnce(flight: FlightToFollow, resultSeenAtMs: number | null): Promise<Sighting> {
    const { hash, leaderId, operation } = flight;
    const seen = await store.watch({ hash, leaderId });
    const kept = seen.text === null ? null : decodeKeptAnswer(seen.text);
    if (kept !== null) return { kind: "over", answer: kept };
    const answer = seen.result === null ? null : answerOf(seen.result, { leaderId, operation, nowMs: now() });
    if (answer !== null) return { kind: "over", answer };
    if (seen.leaderId !== leaderId) return { kind: "over", answer: null };
    if (seen.result === null) return { kind: "open", resultSeenAtMs: null };
    const sinceMs = resultSeenAtMs ?? now();
    if (now() - sinceMs < keepingMs) return { kind: "open", resultSeenAtMs: sinceMs };
    await store.end({ hash, leaderId, keep: null });
    return { kind: "over", answer: null };
  }

  async function watch(flight: FlightToFollow): Promise<KeptAnswer | null> {
    let resultSeenAtMs: number | null = null;
    while (!closed.signal.aborted) {
      const sighting = await watchOnce(flight, resultSeenAtMs);
      if (sighting.kind === "over") return sighting.answer;
      ({ resultSeenAtMs } = sighting);
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
    return null;
  }

  return {
    lead(hash, leaderId) {
      const { promise, resolve } = Promise.withResolvers<KeptAnswer | null>();
      own.set(leaderId, promise);
      let isOver = false;
      return {
        end(answer, keep) {
          if (isOver) return;
          isOver = true;
          resolve(answer);
          // Known here until the store knows it, so that nobody who comes in between waits for a flight that has ended.
          void store
            .end({ hash, leaderId, keep })
            .catch(onError)
            .finally(() => own.delete(leaderId));
        },
      };
    },
    follow(flight) {
      const known = own.get(flight.leaderId) ?? foreign.get(flight.leaderId);
      if (known !== undefined) return known;
      const watched = watch(flight)
        .catch((error: unknown) => {
          onError(error);
          return null;
        })
        .finally(() => foreign.delete(flight.leaderId));
      foreign.set(flight.leaderId, watched);
      return watched;
    },
    [Symbol.dispose]() {
      closed.abort();
    },
  };
}

type Sighting =
  | { readonly kind: "over"; readonly answer: KeptAnswer | null }
  | { readonly kind: "open"; readonly resultSeenAtMs: number | null };

/** The answer in a leader's stored result; null when it is none that others may have, or a stream, whose text is elsewhere. */
function answerOf(
  stored: string,
  leader: { readonly leaderId: string; readonly operation: Operation; readonly nowMs: number },
): KeptAnswer | null {
  const { frameCount, resultJson, body } = decodeStoredResult(stored);
  const parsed = requestResultSchema.safeParse(JSON.parse(resultJson));
  if (!parsed.success || frameCount > 0 || !isKeepable(parsed.data, leader.operation)) return null;
  const acceptedAtMs = leader.nowMs - parsed.data.durationMs;
  return {
    origin: { requestId: leader.leaderId, acceptedAtMs, estimatedInputTokens: 0 },
    result: parsed.data,
    head: null,
    text: body,
  };
}
