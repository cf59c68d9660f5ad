/**
 * How a call ended. `answered`: a complete, proper answer was sent. `error`: an error or a broken answer, planned or earned.
 * `reset`: the mock cut the connection. `aborted_by_client`: the client went away first. `hanging`: the mock is silent on
 * purpose and the client still waits.
 */
export type CallOutcome = "answered" | "error" | "aborted_by_client" | "reset" | "hanging";

/** One request to a provider path. The object is live: it changes while the call goes on. */
export interface RecordedCall {
  /** Counts from 0 and goes on after `clearCalls`. */
  readonly index: number;
  /** The request id that the answer carries. */
  readonly id: string;
  readonly startedAtMs: number;
  /** When the last byte was handed over or the connection was lost; null while the call goes on. */
  readonly finishedAtMs: number | null;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly model: string | null;
  /** Credentials are replaced by `sha256:` and the first 12 hexadecimal digits of their hash; empty when bodies are not kept. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or the text when it is not JSON; null when there was none or it is not kept. */
  readonly body: unknown;
  /** The body as it came; null when there was none or it is not kept. */
  readonly bodyText: string | null;
  /** `x-tokenhub-request-id`, if it came. */
  readonly requestId: string | null;
  readonly stream: boolean;
  /** Null while the call goes on, except that a call left waiting on purpose is `hanging`. */
  readonly outcome: CallOutcome | null;
  /** Status of the answer; null when none was sent. */
  readonly status: number | null;
  /** Output tokens handed to the connection. */
  readonly completionTokensSent: number;
}

/** The call as the mock itself sees it. */
export type MutableCall = { -readonly [Field in keyof RecordedCall]: RecordedCall[Field] };
