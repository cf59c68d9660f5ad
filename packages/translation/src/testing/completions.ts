/** A text completion chunk with this text in its first choice. */
export function completionChunk(text: string, finishReason: string | null = null): object {
  return {
    id: "cmpl-up",
    object: "text_completion",
    created: 1,
    model: "base-up",
    choices: [{ text, index: 0, logprobs: null, finish_reason: finishReason }],
  };
}

export function completionUsageChunk(usage: object): object {
  return { id: "cmpl-up", object: "text_completion", created: 1, model: "base-up", choices: [], usage };
}
