import type { ErrorCode, WireFormatName } from "@tokenhub/contracts";
import type { CanonicalFrame, CanonicalRequest, CanonicalResponse } from "./canonical.ts";
import type { JsonObject } from "./json-value.ts";

/** The formats that can be translated into each other; embeddings pass through only. */
export type ChatFormatName = Exclude<WireFormatName, "openai-embeddings">;

export interface ParsedRequest {
  readonly request: CanonicalRequest;
  /** What was not understood and is not part of `request`, one sentence each. */
  readonly warnings: readonly string[];
}

export interface BuiltRequest {
  readonly body: Record<string, unknown>;
  readonly warnings: string[];
}

export interface BuildTarget {
  /** What the provider calls the model. */
  readonly model: string;
  readonly stream: boolean;
  /** The model's known maximum; a larger wish is lowered to it. Null: not known. */
  readonly maxOutputTokens: number | null;
  /**
   * Non-standard members the target accepts. openai-chat knows `top_k`, `cache_control`, `prompt_cache_breakpoint`,
   * `reasoning_content`, `reasoning_details` and
   * `continue_final_message`; openai-completions knows `top_k`.
   */
  readonly extensions?: readonly string[];
  readonly features?: BuildFeatures;
}

/** Facts about a target that differ between servers of one format. */
export interface BuildFeatures {
  /** openai-chat: how the output limit is called. Default `max_completion_tokens`; many compatible servers know only the other. */
  readonly maxTokensField?: "max_completion_tokens" | "max_tokens";
  /** OpenAI formats: whether `stream_options.include_usage` may be sent. Default true. */
  readonly streamUsage?: boolean;
  /** OpenAI formats: stop sequences allowed. Default 4. */
  readonly maxStopSequences?: number;
  /** openai-chat: the `reasoning_effort` values the model takes. Default: all of the vocabulary except `none` for "off". */
  readonly reasoningEfforts?: readonly string[];
  /** anthropic-messages: how an effort is written: a `thinking` budget (default) or adaptive thinking with an effort. */
  readonly thinking?: "budget" | "adaptive";
  /** anthropic-messages: whether `system` is a role inside `messages`. Default false. */
  readonly midConversationSystem?: boolean;
  /** anthropic-messages: false for API versions that refuse `temperature`, `top_p` and `top_k`. Default true. */
  readonly samplingParameters?: boolean;
}

export interface ResponseContext {
  readonly requestId: string;
  /** The model id the client knows. */
  readonly model: string;
  readonly createdAtMs: number;
  /** Reported at the start of an Anthropic stream when the provider only counts at the end. Default 0. */
  readonly estimatedInputTokens?: number;
  /** openai-completions: what `echo` puts before the text (`readEchoedPrompt` of the request). Default: nothing. */
  readonly echoedPrompt?: string | null;
  /** openai-responses: the caller's body, whose parameters the answer repeats. Default: nothing was asked for. */
  readonly requestBody?: JsonObject;
}

export interface StreamContext extends ResponseContext {
  /** Whether the client asked for the usage chunk of an OpenAI stream. */
  readonly includeUsage: boolean;
}

/** One server-sent event; `event` is null when the stream named none. */
export interface SseEvent {
  readonly event: string | null;
  readonly data: string;
}

export interface StreamReader {
  /** Frames of one event, in order; none for keep-alives and unknown events. */
  read(event: SseEvent): CanonicalFrame[];
}

export interface StreamFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface StreamWriter {
  /** Complete SSE events, possibly none. */
  write(frame: CanonicalFrame): string;
  /** The terminal events; empty after `end` or `fail`. */
  end(): string;
  /** The format's mid-stream error event; empty after `end` or `fail`. */
  fail(error: StreamFailure): string;
}

export interface WireFormat {
  readonly name: ChatFormatName;
  /** Loose: the body has passed the API's schema already. @throws TokenHubError invalid_request */
  parseRequest(body: unknown): ParsedRequest;
  buildRequest(request: CanonicalRequest, target: BuildTarget): BuiltRequest;
  /** @throws TokenHubError provider_bad_response when the body is no answer of this format */
  parseResponse(body: unknown): CanonicalResponse;
  buildResponse(response: CanonicalResponse, context: ResponseContext): Record<string, unknown>;
  createStreamReader(): StreamReader;
  createStreamWriter(context: StreamContext): StreamWriter;
}
