type Vocabulary = Readonly<Record<string, string>>;

const openAi: Vocabulary = { stop_sequence: "stop", pause: "stop", context_window: "length" };
const anthropic: Vocabulary = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  pause: "pause_turn",
  context_window: "model_context_window_exceeded",
};

/** The planned finish reason as OpenAI's `finish_reason`; unknown words stay as they are. */
export function openAiFinishReason(reason: string): string {
  return openAi[reason] ?? reason;
}

/** The planned finish reason as Anthropic's `stop_reason`; unknown words stay as they are. */
export function anthropicStopReason(reason: string): string {
  return anthropic[reason] ?? reason;
}
