/** Token counts of an answer; `inputTokens` includes cache reads and writes, `outputTokens` includes reasoning. */
export interface AnswerUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
}

export interface AnsweredToolCall {
  /** Unique over all calls to this mock; each API adds its own prefix. */
  readonly key: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly argumentsText: string;
  /** `argumentsText` in the pieces it is streamed in. */
  readonly fragments: readonly string[];
}

/** An answer before it is put into the words of an API. */
export interface Answer {
  readonly reasoning: string | null;
  /** Null: nothing but tool calls. */
  readonly text: string | null;
  /** True: the stream never ends and `text` is only where it starts. */
  readonly isEndless: boolean;
  readonly toolCalls: readonly AnsweredToolCall[];
  /** One of the names listed at `Plan.finishReason`, or any other text, which is sent as it is. */
  readonly finishReason: string;
  /** Null: the answer reports no usage. */
  readonly usage: AnswerUsage | null;
  /** Output tokens the answer really has, whatever `usage` says. */
  readonly outputTokens: number;
}
