/** One planned behaviour of the upstream for one call, or for all calls when `repeat` is set. */
export type ConformanceStep =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfterSeconds?: number;
      readonly code?: string;
      readonly type?: string;
      readonly message?: string;
    }
  | { readonly kind: "context_overflow" | "wrong_content_type" | "empty" | "endless_stream" }
  | { readonly kind: "reset" | "hang" | "malformed_json"; readonly afterTokens?: number }
  | { readonly kind: "error_in_200"; readonly afterTokens?: number; readonly message?: string }
  | { readonly kind: "stream_ends_early"; readonly afterTokens: number }
  | { readonly kind: "huge"; readonly bytes: number };

export interface ConformancePlan {
  readonly text?: string;
  readonly tokensPerSecond?: number;
  readonly steps?: ConformanceStep[];
  /** Response headers of every answer. */
  readonly headers?: Record<string, string>;
}

/** What the upstream remembers of one call. */
export interface ConformanceCall {
  readonly method: string;
  readonly path: string;
  readonly model: string | null;
  /** Credentials may be replaced by something that stands for them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string | null;
  readonly stream: boolean;
  readonly outcome: string | null;
}

/** A fake OpenAI and Anthropic server, programmable for each model, that records every call; `apps/mock-llm` is one. */
export interface ConformanceUpstream extends AsyncDisposable {
  readonly url: string;
  plan(model: string, plan: ConformancePlan): void;
  calls(): readonly ConformanceCall[];
  waitForCall(predicate: (call: ConformanceCall) => boolean, timeoutMs: number): Promise<ConformanceCall>;
}
