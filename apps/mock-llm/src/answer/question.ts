import type { JsonObject } from "../json-value.ts";

export interface OfferedTool {
  readonly name: string;
  /** JSON schema of its arguments, unchecked. */
  readonly schema: unknown;
}

export type ToolChoice =
  | { readonly kind: "auto" | "none" | "required" }
  | { readonly kind: "named"; readonly name: string };

export type AnswerFormat =
  | { readonly kind: "text" | "json" }
  | { readonly kind: "schema"; readonly schema: unknown };

/** What the mock understands of a generation request, whichever API it came through. */
export interface Question {
  readonly model: string;
  readonly stream: boolean;
  /** OpenAI's `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** How many answers are wanted (OpenAI's `n`). */
  readonly choices: number;
  readonly lastUserText: string;
  /** False when the last message is a tool result or the assistant's. */
  readonly isUsersTurn: boolean;
  /** UTF-8 bytes of all text in the prompt. */
  readonly promptBytes: number;
  readonly tools: readonly OfferedTool[];
  readonly toolChoice: ToolChoice;
  readonly format: AnswerFormat;
  readonly maxTokens: number | null;
  readonly wantsReasoning: boolean;
  readonly stopSequence: string | null;
  /** The request itself, for APIs that echo parts of it. */
  readonly body: JsonObject;
}
