/** What a text with Gemma-4 tokens says; the tokens are gone from all of it. */
export interface Gemma4Reading {
  readonly content: string;
  /** Thoughts; empty when there are none. */
  readonly reasoning: string;
  readonly toolCalls: readonly {
    readonly name: string;
    /** JSON text. */
    readonly arguments: string;
  }[];
}

/** Reads the whole text of an answer. Passed in, so that this package knows no model's tokens. */
export type Gemma4Parser = (text: string) => Gemma4Reading;

/** Every token of the model begins or ends with one of these: a text without them is plain. */
export function mayHoldGemma4Tokens(text: string): boolean {
  return text.includes("<|") || text.includes("|>");
}
