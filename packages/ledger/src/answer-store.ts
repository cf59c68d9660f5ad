import type { Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { loadRedisScript } from "./redis-script.ts";

const openScript = loadRedisScript("open-answer");
const endScript = loadRedisScript("end-flight");

export interface AnswerQuestion {
  /** Of the answer as this request would keep it. */
  readonly hash: string;
  /** Of answers to the same question in a form that would do as well; looked for first. */
  readonly otherHashes?: readonly string[];
  readonly requestId: string;
  /** How long the flight may take before another request leads. */
  readonly flightTtlMs: number;
  readonly maxAgeMs: number;
}

/** Where an answer is to come from: from the store, from the request that is fetching it, or from this request itself. */
export type AnswerSource =
  | { readonly kind: "kept"; readonly ageMs: number; readonly text: string }
  | { readonly kind: "follow"; readonly leaderId: string }
  | { readonly kind: "lead" };

/** What there is to see of a flight from outside. */
export interface FlightView {
  /** The answer, if it is kept by now. */
  readonly text: string | null;
  /** Null when nobody leads. */
  readonly leaderId: string | null;
  /** The leader's stored result (see `decodeStoredResult`); null when it has none yet. */
  readonly result: string | null;
}

/**
 * Answers kept for identical requests, and who is fetching one. Entries are text of the caller's making. Every method is
 * one atomic Redis step; Redis errors reject as they are.
 */
export interface AnswerStore {
  open(question: AnswerQuestion): Promise<AnswerSource>;
  /** Ends a flight: with the answer to keep, or without one. May be called again. */
  end(input: {
    hash: string;
    leaderId: string;
    keep: { readonly text: string; readonly ttlMs: number } | null;
  }): Promise<void>;
  watch(input: { hash: string; leaderId: string }): Promise<FlightView>;
}

/** @param redis a connected client; it stays the caller's to close. */
export function createAnswerStore(redis: Redis, keyspace: Keyspace): AnswerStore {
  return {
    async open({ hash, otherHashes = [], requestId, flightTtlMs, maxAgeMs }) {
      const keys = [
        keyspace.cacheFlight(hash),
        ...[...otherHashes, hash].map((one) => keyspace.cacheEntry(one)),
      ];
      const args = [requestId, Math.max(1, Math.ceil(flightTtlMs)), Math.floor(maxAgeMs)];
      const [kind, first, text] = (await openScript.run(redis, keys, args)) as [string, unknown?, string?];
      if (kind === "kept") return { kind, ageMs: Number(first), text: text ?? "" };
      return kind === "follow" ? { kind, leaderId: String(first) } : { kind: "lead" };
    },
    async end({ hash, leaderId, keep }) {
      const keys = [keyspace.cacheFlight(hash), keyspace.cacheEntry(hash)];
      const args = [leaderId, keep?.text ?? "", Math.max(1, Math.ceil(keep?.ttlMs ?? 1))];
      await endScript.run(redis, keys, args);
    },
    async watch({ hash, leaderId }) {
      const [entry, leader, result] = await redis.mget(
        keyspace.cacheEntry(hash),
        keyspace.cacheFlight(hash),
        keyspace.result(leaderId),
      );
      const text = entry?.slice(entry.indexOf("\n") + 1) ?? null;
      return { text, leaderId: leader ?? null, result: result ?? null };
    },
  };
}
