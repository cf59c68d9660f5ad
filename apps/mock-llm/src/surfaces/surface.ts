import type { IncomingHttpHeaders } from "node:http";
import type { Answer } from "../answer/answer.ts";
import type { Question } from "../answer/question.ts";
import type { JsonObject } from "../json-value.ts";
import type { Frame } from "./frame.ts";
import type { ProviderFamily, UpstreamError } from "./upstream-error.ts";

/** What a surface makes an answer's body from. */
export interface Reply {
  readonly question: Question;
  readonly answer: Answer;
  /** Unique for this call; each API adds its own prefix. */
  readonly key: string;
  /** Unix seconds. */
  readonly createdAtS: number;
}

export type ReadQuestion =
  | { readonly isValid: true; readonly question: Question }
  | { readonly isValid: false; readonly error: UpstreamError };

/** One generation API: how its requests are read and its answers written. All of it is pure. */
export interface GenerationSurface {
  readonly family: ProviderFamily;
  read(body: JsonObject, headers: IncomingHttpHeaders): ReadQuestion;
  /** The body of an answer that is not streamed. */
  encodeJson(reply: Reply): unknown;
  /** The events of a streamed answer; without end when the answer is endless. */
  encodeFrames(reply: Reply): Iterable<Frame>;
  /** The event that reports a failure in mid-stream. */
  encodeErrorFrame(error: UpstreamError, position: { readonly framesSent: number }): string;
}

/** A request the API refuses with 400. */
export function refuse(
  message: string,
  { param = null }: { readonly param?: string | null } = {},
): ReadQuestion {
  const details = { code: null, type: "invalid_request_error", message, param };
  return { isValid: false, error: { status: 400, ...details } };
}
