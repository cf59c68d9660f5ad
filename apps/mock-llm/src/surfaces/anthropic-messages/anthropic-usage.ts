import type { AnswerUsage } from "../../answer/answer.ts";

/** Usage as the Messages API reports it: `input_tokens` without what was read from or written to the cache. */
export function anthropicUsage(
  usage: AnswerUsage,
  { outputTokens }: { readonly outputTokens: number },
): Readonly<Record<string, unknown>> {
  const { inputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return {
    input_tokens: Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cacheReadTokens,
    cache_creation: { ephemeral_5m_input_tokens: cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: Math.min(usage.reasoningTokens, outputTokens) },
    server_tool_use: null,
    service_tier: "standard",
  };
}
