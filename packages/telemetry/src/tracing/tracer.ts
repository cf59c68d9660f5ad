export type AttributeValue = string | number | boolean | readonly string[];

/** Facts about a span. Never a prompt, an answer, a key or a header. Null and undefined leave an attribute out. */
export type SpanAttributes = Readonly<Record<string, AttributeValue | null | undefined>>;

/** One timed step of a request. */
export interface Span {
  /** The context that whatever this step starts goes on with. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** Marks the step as failed. @param reason a code or class of an error, never its message. */
  fail(reason: string): void;
  /** Once; what comes later is ignored. */
  end(): void;
}

export interface SpanOptions {
  /** `server`: answers a caller. `consumer`: works on a job. `client`: calls somebody else. */
  readonly kind: "server" | "consumer" | "client";
  /** A `traceparent`; absent or malformed ones start a new trace. */
  readonly parent: string | null;
  readonly attributes?: SpanAttributes;
}

/** Starts spans and sends them away; disposing sends what is left, for two seconds at most. */
export interface Tracer extends AsyncDisposable {
  startSpan(name: string, options: SpanOptions): Span;
}
