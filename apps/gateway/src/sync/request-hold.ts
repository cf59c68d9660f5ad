import type { Reservation } from "../admission/budget-guard.ts";
import type { CachePassage } from "../cache/response-cache.ts";
import type { InFlightGate } from "./in-flight-gate.ts";

/** What a request holds while it is answered: a place at this gateway, a share of budgets, its way through the cache. */
export interface RequestHold {
  /** From now on a job may be under way, so what the request costs is unknown until its result. */
  submitted(): void;
  /** Gives everything back. False when that has happened already: a request ends once, whoever says so first. */
  end(ending: HoldEnding): boolean;
}

export type HoldEnding =
  /** The caller was given a result; `isGood`: an answer that may be kept. */
  | { readonly kind: "answered"; readonly costUsd: number; readonly isGood: boolean }
  /** Nobody waits any more: what is under way is cancelled, and its cost stays reserved. */
  | { readonly kind: "given_up" }
  /** Nobody waits any more, and its work goes on: what it may cost stays reserved until the books have it. */
  | { readonly kind: "goes_on" }
  /** The request never became a job. */
  | { readonly kind: "refused" };

export interface RequestHoldOptions {
  readonly gate: Pick<InFlightGate, "enter">;
  /** Null: nothing is reserved. */
  readonly reservation: Reservation | null;
  /** Null: the request does not use the cache. */
  readonly passage: Pick<CachePassage, "end"> | null;
  /** Cancels the job; called at most once, and only when there may be one. */
  readonly cancel: () => void;
}

/** Takes the place at the gate. @throws TokenHubError `overloaded`, `shutting_down`; the reservation stays the caller's then. */
export function createRequestHold({ gate, reservation, passage, cancel }: RequestHoldOptions): RequestHold {
  const place = gate.enter();
  let isSubmitted = false;
  let isEnded = false;

  function settle(ending: HoldEnding): void {
    if (ending.kind === "answered") reservation?.settle(ending.costUsd);
    else if (ending.kind === "goes_on" || (ending.kind === "given_up" && isSubmitted))
      reservation?.settle(null);
    else reservation?.release();
  }

  return {
    submitted() {
      isSubmitted = true;
    },
    end(ending) {
      if (isEnded) return false;
      isEnded = true;
      place[Symbol.dispose]();
      settle(ending);
      if (ending.kind === "given_up" && isSubmitted) cancel();
      passage?.end(ending.kind === "answered" && ending.isGood);
      return true;
    },
  };
}
