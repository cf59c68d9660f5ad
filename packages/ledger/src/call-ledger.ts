import { callAttemptSchema, type CallAttempt, type Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { loadRedisScript } from "./redis-script.ts";

const claimScript = loadRedisScript("claim", ["apply-outcome", "provider-capacity"]);
const renewScript = loadRedisScript("renew");
const appendFrameScript = loadRedisScript("append-frame");
const commitScript = loadRedisScript("commit", ["apply-outcome", "provider-capacity"]);
const releaseScript = loadRedisScript("release", ["apply-outcome", "provider-capacity"]);
const coolDownScript = loadRedisScript("cool-down", ["apply-outcome"]);

/**
 * What a finished call says about its provider; `neutral` (the caller's own fault, or stopped from outside) only ends a
 * breaker's trial, `none` changes nothing (no call was made).
 */
export type HealthOutcome =
  | { readonly kind: "none" }
  | { readonly kind: "success"; readonly latencyMs: number }
  | { readonly kind: "error" }
  | { readonly kind: "neutral" }
  | { readonly kind: "rate_limited"; readonly cooldownMs: number };

export interface ClaimInput {
  readonly requestId: string;
  readonly providerId: string;
  readonly round: number;
  /** Fencing token, new for every claim. */
  readonly token: string;
  /** A `CallIncidentFact` as JSON, recorded if the previous holder turns out to have died in mid-call. */
  readonly incidentJson: string;
  /** Absent: the provider has no limits of this installation's. */
  readonly capacity?: CapacityNeed;
}

/** What a call needs of a provider's limits, taken in the same step as the claim. */
export interface CapacityNeed {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  /** Tokens the call is expected to use; the difference to what it did use is settled when it ends. */
  readonly expectedTokens: number;
  /** A request that would have to wait longer is refused instead of getting its place in line; 0: it never waits. */
  readonly longestWaitMs: number;
  /** Tells the routers to send requests that have a choice elsewhere until the wait is that short again. */
  readonly coolDownWhenRefused: boolean;
}

/** The answer to a claim; only `fresh` and `ambiguous` allow the call to be made. */
export type Claim =
  | ({
      readonly kind: "fresh" | "ambiguous";
      readonly bodyText: string;
      readonly attemptsOnRound: number;
    } & ClaimedRow)
  /** We hold the row, but frames of a holder that died are in the log: end the stream, do not call. */
  | ({ readonly kind: "interrupted" } & ClaimedRow)
  | { readonly kind: "busy"; readonly retryInMs: number }
  | ({ readonly kind: "breaker_open"; readonly retryInMs: number } & RoundHistory)
  /** Nothing was claimed. In line: the request has its turn after the wait; it may come back earlier and keeps its place. */
  | ({
      readonly kind: "rate_limited";
      readonly retryInMs: number;
      readonly isInLine: boolean;
    } & RoundHistory)
  | ({ readonly kind: "cancelled" | "body_lost" } & RoundHistory)
  | { readonly kind: "done" | "superseded" };

interface RoundHistory {
  /** The attempts of this round that failed before; those of earlier rounds are in the job. */
  readonly history: readonly CallAttempt[];
}

interface ClaimedRow extends RoundHistory {
  /** Calls made for the request, this one included. */
  readonly attempts: number;
  readonly ambiguousCalls: number;
}

export interface CommitInput {
  readonly requestId: string;
  /** Empty when the request ends without a claimed call (refused by the router, cancelled before its start). */
  readonly token: string;
  /** Round of the job that ends the request. */
  readonly round: number;
  readonly providerId: string | null;
  readonly frameCount: number;
  readonly resultJson: string;
  readonly body: string;
  readonly factJson: string;
  /** Recorded instead when the commit comes too late and the call was paid; empty when no call was made. */
  readonly incidentJson: string;
  readonly replyTo: string | null;
  readonly health: HealthOutcome;
  /** Tokens the call used, input and output; null or absent when nobody knows. */
  readonly usedTokens?: number | null;
}

export interface LedgerSettings {
  /** How long a holder is believed alive after its last renewal. */
  readonly leaseMs: number;
  readonly rowTtlMs: number;
  /** Results and stream logs live this long after the end. */
  readonly resultTtlMs: number;
  /** Answers up to this size travel inside the announcement. */
  readonly inlineLimitBytes: number;
  readonly breakerOpenMs: number;
  readonly breakerTrialMs: number;
}

export const defaultLedgerSettings: LedgerSettings = {
  leaseMs: 6_000,
  rowTtlMs: 3_600_000,
  resultTtlMs: 900_000,
  inlineLimitBytes: 262_144,
  breakerOpenMs: 30_000,
  breakerTrialMs: 60_000,
};

/**
 * `logged`: the frame is in the log, in its place. `lost`: another holder took the row, so stop the call. `out_of_turn`: a frame
 * before it is still on its way; append it again after that one.
 */
export type FrameOutcome = "logged" | "lost" | "out_of_turn";

/**
 * The call ledger: who may make a request's paid call, and how the request ended. Every method is one atomic Redis step;
 * leases run on the Redis server's clock, so that clock skew between workers cannot create two holders.
 */
export interface CallLedger {
  claim(input: ClaimInput): Promise<Claim>;
  /** False when another holder took the row: stop the call. */
  renew(requestId: string, token: string): Promise<boolean>;
  /** Frames are numbered from 0 without gaps; see `FrameOutcome`. */
  appendFrame(input: {
    requestId: string;
    token: string;
    sequence: number;
    text: string;
    replyTo: string | null;
  }): Promise<FrameOutcome>;
  /** False when the request had ended already or another holder has it; the answer is then discarded. */
  commit(input: CommitInput): Promise<boolean>;
  /** Gives the row up after a failed call, so that a retry or a new round can claim it. */
  release(input: {
    requestId: string;
    token: string;
    providerId: string;
    health: HealthOutcome;
    attempt: CallAttempt;
    /** As in `CommitInput`. */
    usedTokens?: number | null;
  }): Promise<boolean>;
  /** Sends requests that have a choice elsewhere for a while; nothing else about the provider's health changes. */
  coolDown(providerId: string, cooldownMs: number): Promise<void>;
}

/** The four script arguments that describe a health outcome: name, latency, cool-down, channel. */
function healthArguments(outcome: HealthOutcome, channel: string): [string, number, number, string] {
  const name = outcome.kind === "none" ? "" : outcome.kind;
  const latencyMs = outcome.kind === "success" ? outcome.latencyMs : 0;
  const cooldownMs = outcome.kind === "rate_limited" ? outcome.cooldownMs : 0;
  return [name, latencyMs, cooldownMs, channel];
}

/** The script arguments of a capacity need; none at all for a provider without limits. */
function capacityArguments(need: CapacityNeed | undefined, channel: string): (string | number)[] {
  if (need === undefined) return [];
  return [
    need.requestsPerMinute ?? 0,
    need.tokensPerMinute ?? 0,
    Math.max(0, Math.ceil(need.expectedTokens)),
    Math.max(0, Math.floor(need.longestWaitMs)),
    need.coolDownWhenRefused ? channel : "",
  ];
}

function readHistory(field: string | number | undefined): CallAttempt[] {
  if (field === undefined || field === "") return [];
  return callAttemptSchema.array().parse(JSON.parse(`[${field}]`));
}

function readRow(fields: readonly (string | number)[]): ClaimedRow {
  return {
    attempts: Number(fields[0]),
    ambiguousCalls: Number(fields[1]),
    history: readHistory(fields[2]),
  };
}

function readClaim(reply: unknown): Claim {
  const [kind, ...rest] = reply as [Claim["kind"], ...(string | number)[]];
  switch (kind) {
    case "fresh":
    case "ambiguous":
      return { kind, ...readRow(rest), attemptsOnRound: Number(rest[3]), bodyText: String(rest[4]) };
    case "interrupted":
      return { kind, ...readRow(rest) };
    case "busy":
      return { kind, retryInMs: Number(rest[0]) };
    case "breaker_open":
      return { kind, history: readHistory(rest[0]), retryInMs: Number(rest[1]) };
    case "rate_limited":
      return {
        kind,
        history: readHistory(rest[0]),
        retryInMs: Number(rest[1]),
        isInLine: Number(rest[2]) === 1,
      };
    case "cancelled":
    case "body_lost":
      return { kind, history: readHistory(rest[0]) };
    case "done":
    case "superseded":
      return { kind };
  }
}

/** @param redis a connected client; it stays the caller's to close. Redis errors reject as they are. */
export function createCallLedger(
  redis: Redis,
  keyspace: Keyspace,
  settings: LedgerSettings = defaultLedgerSettings,
): CallLedger {
  const channelOf = (replyTo: string | null): string =>
    replyTo === null ? "" : keyspace.replyChannel(replyTo);
  return {
    async claim({ requestId, providerId, round, token, incidentJson, capacity }) {
      const keys = [
        keyspace.callRow(requestId),
        keyspace.requestBody(requestId),
        keyspace.cancelFlag(requestId),
        keyspace.result(requestId),
        keyspace.providerHealth(providerId),
        keyspace.streamLog(requestId),
        keyspace.facts,
        keyspace.providerCapacity(providerId),
      ];
      const { leaseMs, rowTtlMs, breakerOpenMs, breakerTrialMs } = settings;
      return readClaim(
        await claimScript.run(redis, keys, [
          round,
          token,
          leaseMs,
          rowTtlMs,
          breakerOpenMs,
          breakerTrialMs,
          incidentJson,
          ...capacityArguments(capacity, keyspace.healthChannel),
        ]),
      );
    },
    async renew(requestId, token) {
      return (await renewScript.run(redis, [keyspace.callRow(requestId)], [token, settings.leaseMs])) === 1;
    },
    async appendFrame({ requestId, token, sequence, text, replyTo }) {
      const keys = [keyspace.callRow(requestId), keyspace.streamLog(requestId)];
      const args = [token, sequence, text, channelOf(replyTo), requestId, settings.rowTtlMs];
      const code = Number(await appendFrameScript.run(redis, keys, args));
      return code === 1 ? "logged" : code === 2 ? "out_of_turn" : "lost";
    },
    async commit(input) {
      const { requestId } = input;
      const keys = [
        keyspace.callRow(requestId),
        keyspace.result(requestId),
        keyspace.requestBody(requestId),
        keyspace.facts,
        keyspace.streamLog(requestId),
        keyspace.providerHealth(input.providerId ?? "none"),
        keyspace.providerCapacity(input.providerId ?? "none"),
      ];
      const args = [
        input.token,
        input.frameCount,
        input.resultJson,
        input.body,
        input.factJson,
        channelOf(input.replyTo),
        requestId,
        settings.resultTtlMs,
        settings.rowTtlMs,
        settings.inlineLimitBytes,
        input.incidentJson,
        input.round,
        ...healthArguments(input.health, keyspace.healthChannel),
        input.usedTokens ?? "",
      ];
      return (await commitScript.run(redis, keys, args)) === 1;
    },
    async release({ requestId, token, providerId, health, attempt, usedTokens }) {
      const keys = [
        keyspace.callRow(requestId),
        keyspace.providerHealth(providerId),
        keyspace.providerCapacity(providerId),
      ];
      const args = [
        token,
        ...healthArguments(health, keyspace.healthChannel),
        JSON.stringify(attempt),
        usedTokens ?? "",
      ];
      return (await releaseScript.run(redis, keys, args)) === 1;
    },
    async coolDown(providerId, cooldownMs) {
      const args = [Math.ceil(cooldownMs), keyspace.healthChannel];
      await coolDownScript.run(redis, [keyspace.providerHealth(providerId)], args);
    },
  };
}
