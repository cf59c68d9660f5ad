/** An answer of a provider inside the process, before it is written in the OpenAI format. */
export interface CompletionAnswer {
  readonly id: string;
  readonly model: string;
  readonly createdAtMs: number;
  /** The text, cut as a stream delivers it. */
  readonly pieces: readonly string[];
  readonly finishReason: string;
  readonly usage: CompletionUsage | null;
}

export interface CompletionUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A chat completion in the OpenAI format. */
export function chatCompletion(answer: CompletionAnswer): Record<string, unknown> {
  const message = { role: "assistant", content: answer.pieces.join(""), refusal: null };
  return {
    ...envelope("chat.completion", answer),
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finishReason }],
    ...(answer.usage === null ? {} : { usage: usageFields(answer.usage) }),
  };
}

/** The same answer as an event stream: role, one chunk for each piece, finish reason, usage, `[DONE]`. */
export function* chatCompletionChunks(answer: CompletionAnswer): Generator<string> {
  const chunk = envelope("chat.completion.chunk", answer);
  const choice = (delta: Record<string, string>, finishReason: string | null): unknown[] => [
    { index: 0, delta, logprobs: null, finish_reason: finishReason },
  ];
  yield event({ ...chunk, choices: choice({ role: "assistant", content: "" }, null), usage: null });
  for (const piece of answer.pieces) {
    yield event({ ...chunk, choices: choice({ content: piece }, null), usage: null });
  }
  yield event({ ...chunk, choices: choice({}, answer.finishReason), usage: null });
  if (answer.usage !== null) yield event({ ...chunk, choices: [], usage: usageFields(answer.usage) });
  yield "data: [DONE]\n\n";
}

function envelope(object: string, { id, model, createdAtMs }: CompletionAnswer): Record<string, unknown> {
  return { id: `chatcmpl-${id}`, object, created: Math.floor(createdAtMs / 1_000), model };
}

function usageFields({ promptTokens, completionTokens }: CompletionUsage): Record<string, number> {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function event(data: Record<string, unknown>): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
