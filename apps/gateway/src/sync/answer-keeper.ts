import type { Caller } from "../admission/caller.ts";
import type { ArrivedGeneration } from "../jobs/job-door.ts";
import type { JsonObject } from "./generation-endpoint.ts";

/** What an endpoint keeps of its requests and their answers, so that later requests may build on them. */
export interface Keeping {
  /**
   * The request with what came before it; null: nothing did.
   * @throws TokenHubError `not_found`, `invalid_request` for a past that cannot be continued.
   */
  readonly continued: (sent: SentRequest) => Promise<string | null>;
  /** Makes a job of a request that nobody waits for, and answers it. False: somebody waits. */
  readonly tookOver: (arrived: ArrivedGeneration & Pick<SentRequest, "body">) => Promise<boolean>;
  /** Null: nothing is kept of this answer. */
  readonly keeperOf: (asked: Omit<SentRequest, "bodyText"> & AnsweredRequest) => AnswerKeeper | null;
}

/** A request as its caller sent it. */
export interface SentRequest {
  readonly caller: Caller;
  readonly body: JsonObject;
  readonly bodyText: string;
}

interface AnsweredRequest {
  readonly requestId: string;
  /** The time that the answer bears. */
  readonly createdAtMs: number;
}

/** Keeps one answer before its caller has all of it. An answer that cannot be kept is given all the same. */
export interface AnswerKeeper {
  /** Resolves when the whole answer is kept, or could not be. */
  keep(text: string): Promise<void>;
  /** Takes whole events of a stream, and gives what may go to the caller at once: all but its last event. */
  pass(text: string): string;
  /** Keeps what the last event tells, and gives that event. */
  finish(): Promise<string>;
  /** Gives the last event, and keeps nothing. */
  release(): string;
}
