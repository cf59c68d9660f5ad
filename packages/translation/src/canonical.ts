import type { FinishReason, Usage, WireFormatName } from "@tokenhub/contracts";
import type { JsonObject } from "./json-value.ts";

/**
 * The form between the wire formats: plain data, every field always present, null for "not said".
 * A format's parser fills in what the body says; a format's builder writes what the target can say and reports the rest.
 */
export interface CanonicalRequest {
  /** The model as the caller named it; builders write the target's name instead. */
  readonly model: string | null;
  readonly stream: boolean;
  /** In conversation order, system messages included. */
  readonly messages: readonly CanonicalMessage[];
  readonly tools: readonly CanonicalTool[];
  readonly toolChoice: CanonicalToolChoice | null;
  readonly parallelToolCalls: boolean | null;
  readonly output: CanonicalOutput | null;
  readonly maxOutputTokens: number | null;
  readonly stopSequences: readonly string[];
  readonly sampling: CanonicalSampling;
  readonly reasoning: CanonicalReasoning | null;
  /** The caller's own end user, for abuse detection at the provider. */
  readonly endUserId: string | null;
  readonly metadata: JsonObject | null;
  /** OpenAI's vocabulary: `auto`, `default` (Anthropic `standard_only`), `priority`, `flex`, `scale`, `fast`. */
  readonly serviceTier: string | null;
  /** Whether the caller wants a usage chunk at the end of an OpenAI stream. */
  readonly includeUsage: boolean | null;
  /**
   * OpenAI completions: the answer begins with the prompt. Whoever writes the answer puts it there
   * (`ResponseContext.echoedPrompt`), so a provider that knows no echo loses nothing.
   */
  readonly echoesPrompt: boolean;
  readonly extras: CanonicalExtras;
}

/** Members of one format that have no counterpart: written back by that format, reported by every other. */
export interface CanonicalExtras {
  readonly format: WireFormatName;
  readonly members: JsonObject;
}

export interface CanonicalSampling {
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly seed: number | null;
  readonly frequencyPenalty: number | null;
  readonly presencePenalty: number | null;
  readonly logitBias: JsonObject | null;
  readonly logprobs: boolean | null;
  readonly topLogprobs: number | null;
  /** OpenAI `n`. */
  readonly choiceCount: number | null;
}

/**
 * `on`: reason with the given effort (OpenAI `reasoning_effort`). `budget`, `adaptive`, `between-tools`, `off`: Anthropic's
 * `thinking` types (`off` is also OpenAI effort `none`). `unspecified`: an effort without a word on thinking.
 */
export interface CanonicalReasoning {
  readonly mode: "on" | "budget" | "adaptive" | "between-tools" | "off" | "unspecified";
  /** `minimal`, `low`, `medium`, `high`, `xhigh` or `max`. */
  readonly effort: string | null;
  readonly budgetTokens: number | null;
  /** Anthropic: whether thinking is returned `summarized` or `omitted`. */
  readonly display: string | null;
}

export type CanonicalOutput =
  | { readonly type: "text" }
  | { readonly type: "json" }
  | {
      readonly type: "json-schema";
      readonly name: string | null;
      readonly description: string | null;
      readonly schema: JsonObject;
      readonly strict: boolean | null;
    };

export type CanonicalTool =
  | {
      readonly type: "function";
      readonly name: string;
      readonly description: string | null;
      /** JSON Schema of the arguments; null when none was given. */
      readonly inputSchema: JsonObject | null;
      readonly strict: boolean | null;
      readonly cacheControl: CacheControl | null;
      readonly extras: CanonicalExtras;
    }
  /** A tool of one vendor (hosted search, code execution, free-text tools): only that format can carry it. */
  | {
      readonly type: "native";
      readonly format: WireFormatName;
      readonly name: string | null;
      readonly value: JsonObject;
    };

export type CanonicalToolChoice =
  | { readonly type: "auto" }
  | { readonly type: "none" }
  | { readonly type: "required" }
  | { readonly type: "named"; readonly name: string }
  /** OpenAI `allowed_tools`: any of, or at least one of, a subset of the tools. */
  | { readonly type: "subset"; readonly names: readonly string[]; readonly isRequired: boolean }
  | { readonly type: "native"; readonly format: WireFormatName; readonly value: JsonObject };

/** Anthropic `cache_control` or OpenAI `prompt_cache_breakpoint`; the ttl as the source wrote it. */
export interface CacheControl {
  readonly ttl: string | null;
}

export type CanonicalMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

export interface SystemMessage {
  readonly role: "system";
  readonly variant: "system" | "developer";
  readonly content: readonly TextBlock[];
  readonly name: string | null;
}

export interface UserMessage {
  readonly role: "user";
  readonly content: readonly UserBlock[];
  readonly name: string | null;
}

export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: readonly AssistantBlock[];
  readonly name: string | null;
}

/** The result of one tool call. Neighbouring ones belong to one turn of parallel calls. */
export interface ToolMessage {
  readonly role: "tool";
  readonly toolCallId: string;
  readonly content: readonly UserBlock[];
  readonly isError: boolean | null;
  readonly cacheControl: CacheControl | null;
}

export type UserBlock = TextBlock | ImageBlock | DocumentBlock | AudioBlock | NativeBlock;

export type AssistantBlock =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | RefusalBlock
  | ReasoningBlock
  | RedactedReasoningBlock
  | ToolCallBlock
  | NativeBlock;

export interface TextBlock {
  readonly type: "text";
  readonly text: string;
  readonly cacheControl: CacheControl | null;
  /** Anthropic citations, as received; empty when there are none. */
  readonly citations: readonly unknown[];
}

export type MediaSource =
  | { readonly type: "url"; readonly url: string }
  | { readonly type: "base64"; readonly mediaType: string; readonly data: string }
  /** An uploaded file, known to one vendor only. */
  | { readonly type: "file"; readonly format: WireFormatName; readonly fileId: string };

export interface ImageBlock {
  readonly type: "image";
  readonly source: MediaSource;
  /** OpenAI `auto`, `low`, `high`, `original`. */
  readonly detail: string | null;
  readonly cacheControl: CacheControl | null;
}

export interface DocumentBlock {
  readonly type: "document";
  readonly source:
    | MediaSource
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "blocks"; readonly blocks: readonly (TextBlock | ImageBlock)[] };
  /** Title or file name. */
  readonly title: string | null;
  readonly context: string | null;
  readonly hasCitations: boolean | null;
  readonly cacheControl: CacheControl | null;
}

export interface AudioBlock {
  readonly type: "audio";
  /** Base64. */
  readonly data: string;
  readonly audioFormat: string;
  readonly cacheControl: CacheControl | null;
}

export interface RefusalBlock {
  readonly type: "refusal";
  readonly text: string;
}

/** Visible reasoning; only a signed one can be given back to the vendor that made it. */
export interface ReasoningBlock {
  readonly type: "reasoning";
  readonly text: string;
  readonly signature: string | null;
}

export interface RedactedReasoningBlock {
  readonly type: "redacted-reasoning";
  readonly data: string;
}

export interface ToolCallBlock {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it (it may be invalid), or free text when `isFreeText`. */
  readonly arguments: string;
  /** OpenAI custom tools take text instead of JSON. */
  readonly isFreeText: boolean;
  readonly cacheControl: CacheControl | null;
}

/** A block that only one format knows. For openai-chat `name` is the message member or part type that carries it. */
export interface NativeBlock {
  readonly type: "native";
  readonly format: WireFormatName;
  readonly name: string;
  readonly value: unknown;
}

export interface CanonicalFinish {
  readonly reason: FinishReason;
  readonly raw: string | null;
  /** The stop sequence that ended the answer, where the provider says so. */
  readonly stopSequence: string | null;
  /** Why the model refused, where the provider says so. */
  readonly explanation: string | null;
}

/** A whole answer: the first choice of it, where a format can carry several. */
export interface CanonicalResponse {
  readonly id: string | null;
  /** As the provider reported it. */
  readonly model: string | null;
  readonly content: readonly AssistantBlock[];
  readonly finish: CanonicalFinish;
  readonly usage: Usage | null;
  /** OpenAI's vocabulary (`default`, `priority`, ...). */
  readonly serviceTier: string | null;
  /** OpenAI `choices[].logprobs`, as received. */
  readonly logprobs: unknown;
  readonly extras: CanonicalExtras;
}

/** One step of a streamed answer. */
export type CanonicalFrame =
  | {
      readonly type: "start";
      readonly id: string | null;
      readonly model: string | null;
      /** Input side of the usage, where the provider reports it first. */
      readonly usage: Usage | null;
    }
  | { readonly type: "text-delta"; readonly text: string }
  /** Of tokens whose text comes next, or came without text: entries of OpenAI's `logprobs.content`. */
  | { readonly type: "logprobs"; readonly entries: readonly JsonObject[] }
  | { readonly type: "citation"; readonly citation: unknown }
  | { readonly type: "refusal-delta"; readonly text: string }
  | { readonly type: "reasoning-delta"; readonly text: string }
  | { readonly type: "reasoning-signature"; readonly signature: string }
  | { readonly type: "redacted-reasoning"; readonly data: string }
  /** `index` counts the answer's tool calls from 0; calls may interleave. */
  | {
      readonly type: "tool-call-start";
      readonly index: number;
      readonly id: string;
      readonly name: string;
      readonly isFreeText: boolean;
    }
  | { readonly type: "tool-call-delta"; readonly index: number; readonly text: string }
  | { readonly type: "native-block"; readonly format: WireFormatName; readonly value: JsonObject }
  /** The current block is complete; a following one of the same kind is a new block. */
  | { readonly type: "block-end" }
  | { readonly type: "finish"; readonly finish: CanonicalFinish }
  /** The latest word on usage; replaces earlier ones. */
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "error"; readonly error: ProviderStreamError }
  | { readonly type: "end" };

/** An error a provider reported inside its stream, in its own words. */
export interface ProviderStreamError {
  readonly message: string;
  readonly code: string | null;
  readonly type: string | null;
}

/** Whether the frame carries part of the answer, so that a caller who has seen it cannot be given another answer. */
export function isContentFrame(frame: CanonicalFrame): boolean {
  switch (frame.type) {
    case "text-delta":
    case "refusal-delta":
    case "reasoning-delta":
    case "tool-call-delta":
      return frame.text !== "";
    case "redacted-reasoning":
    case "tool-call-start":
    case "native-block":
      return true;
    case "start":
    case "logprobs":
    case "citation":
    case "reasoning-signature":
    case "block-end":
    case "finish":
    case "usage":
    case "error":
    case "end":
      return false;
  }
}
