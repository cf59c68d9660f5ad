import type { Lane, RequestResult } from "@tokenhub/contracts";
import type { NewJob } from "@tokenhub/persistence";
import type { IncomingMessage } from "node:http";
import type { Caller } from "../admission/caller.ts";
import type { JobTerms } from "./job-terms.ts";

/** A request that this gateway makes of itself: what its sender would be asked is known already. */
export type InternalCall = Execution | Acceptance;

/** Carries out a job. */
export interface Execution {
  readonly kind: "execute";
  readonly caller: Caller;
  /** Everything that is stored of the request has this id: the same one finds what was done before. */
  readonly requestId: string;
  /** Whether some gateway may have sent the request before, so that its answer may be there. */
  readonly isRepeat: boolean;
  /** False: somebody else sends it, and only its answer is followed. */
  readonly isSent: boolean;
  /** When the job was accepted: the time its answer bears. */
  readonly createdAtMs: number;
  readonly deadlineAtMs: number;
  readonly lane: Lane;
  /** From 0 to 9; higher goes first among requests of its lane. */
  readonly priority: number;
  /** Told how to send the request to the queues again, in case they lose it. */
  readonly onSubmitted: (submitAgain: () => Promise<void>) => void;
  /** Told of the result, when there is one, before the answer is complete. */
  readonly onResult: (result: RequestResult) => void;
}

/** Has a request become a job. */
export interface Acceptance {
  readonly kind: "accept";
  readonly caller: Caller;
  readonly terms: JobTerms;
  /** Told of the job, when it is in the database. */
  readonly onAccepted?: (job: NewJob) => void;
  /** The request is only read and checked. */
  readonly isCheckOnly?: boolean;
}

/** Knows which requests are internal; nothing that is sent from outside can be one. */
export interface InternalCalls {
  readonly mark: (request: IncomingMessage, call: InternalCall) => void;
  /** Null for a request from outside. */
  readonly of: (request: IncomingMessage) => InternalCall | null;
}

export function createInternalCalls(): InternalCalls {
  const calls = new WeakMap<IncomingMessage, InternalCall>();
  return {
    mark: (request, call) => void calls.set(request, call),
    of: (request) => calls.get(request) ?? null,
  };
}
