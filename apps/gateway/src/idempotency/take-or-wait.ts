import { TokenHubError } from "@tokenhub/contracts";
import type { KeyAnswer, KeyPlace, KeyTaking } from "@tokenhub/persistence";
import type { Response } from "express";
import { setTimeout as sleep } from "node:timers/promises";
import type { Caller } from "../admission/caller.ts";
import type { KeepAnswersDeps } from "./keep-answers.ts";

/** What a request with a key may do. */
export type TakenKey =
  | { readonly kind: "taken"; readonly requestId: string; readonly expiresAtMs: number }
  | {
      readonly kind: "answered";
      readonly answer: KeyAnswer;
      readonly fingerprint: string;
      readonly expiresAtMs: number;
    }
  /** Its caller has left meanwhile. */
  | { readonly kind: "gone" };

interface KeyRequest {
  readonly place: KeyPlace;
  readonly requestId: string;
  readonly caller: Caller;
  readonly response: Response;
}

/** A gateway that was not seen for so long has died. */
const goneAfterMs = 15_000;
/** Longer than any request of this kind is handled. */
const leaseMs = 600_000;
const pauseMs = { first: 25, longest: 500 };

/**
 * Takes the key, or waits until the request that has it is answered or has given it back.
 * @throws TokenHubError `idempotency_key_in_use` when that takes too long, `rate_limited`, `overloaded`
 */
export async function takeOrWait(deps: KeepAnswersDeps, request: KeyRequest): Promise<TakenKey> {
  const first = await tryToTake(deps, request);
  if (first !== null) {
    // The handler of a request that is carried out counts it itself.
    if (first.kind === "answered") await deps.admission.admit(request.caller);
    return first;
  }
  await deps.admission.admit(request.caller);
  using _place = deps.gate.enter();
  const giveUpAtMs = performance.now() + deps.syncWaitMs;
  for (let waitMs = pauseMs.first; ; waitMs = Math.min(pauseMs.longest, waitMs * 2)) {
    await sleep(waitMs);
    if (request.response.closed) return { kind: "gone" };
    const taken = await tryToTake(deps, request);
    if (taken !== null) return taken;
    if (performance.now() >= giveUpAtMs) throw stillInUse();
  }
}

async function tryToTake(
  { keys, gatewayId, isAlone, keptMs, now }: KeepAnswersDeps,
  { place, requestId }: KeyRequest,
): Promise<TakenKey | null> {
  const nowMs = now();
  const expiresAtMs = nowMs + keptMs;
  const taking = await keys.take({
    ...place,
    requestId,
    fingerprint: null,
    jobId: null,
    owner: gatewayId,
    nowMs,
    expiresAtMs,
    leaseUntilMs: nowMs + leaseMs,
    aliveSinceMs: isAlone ? Number.MAX_SAFE_INTEGER : nowMs - goneAfterMs,
  });
  return taking.kind === "taken" ? { ...taking, expiresAtMs } : answeredOf(taking);
}

function answeredOf(taking: Exclude<KeyTaking, { kind: "taken" }>): TakenKey | null {
  if (taking.kind === "other_body" || taking.held.kind !== "answered") return null;
  const { answer, fingerprint, expiresAtMs } = taking.held;
  return { kind: "answered", answer, fingerprint: fingerprint ?? "", expiresAtMs };
}

function stillInUse(): TokenHubError {
  return new TokenHubError(
    "idempotency_key_in_use",
    "The request that has this Idempotency-Key is still being handled. Send it again in a moment to get its answer.",
    { retryAfterMs: 1_000 },
  );
}
