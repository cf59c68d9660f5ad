import type { Usage } from "@tokenhub/contracts";
import { countOf, objectOf, type JsonObject } from "../json-value.ts";

/**
 * Anthropic usage; null when there is none. Its `input_tokens` are those neither read from nor written to a cache, ours are
 * all: the sum of the three. `output_tokens` includes thinking.
 */
export function parseAnthropicUsage(value: unknown): Usage | null {
  const usage = objectOf(value);
  if (usage === null || typeof (usage["input_tokens"] ?? usage["output_tokens"]) !== "number") return null;
  const cacheReadTokens = countOf(usage["cache_read_input_tokens"]);
  const cacheWriteTokens = countOf(usage["cache_creation_input_tokens"]);
  return {
    inputTokens: countOf(usage["input_tokens"]) + cacheReadTokens + cacheWriteTokens,
    outputTokens: countOf(usage["output_tokens"]),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: countOf(objectOf(usage["output_tokens_details"])?.["thinking_tokens"]),
    source: "provider",
  };
}

/**
 * The counters of a stream so far: `message_start` brings the input side, `message_delta` running totals in which a counter
 * that is null or missing keeps its earlier value.
 */
export function mergeAnthropicUsage(earlier: JsonObject | null, later: unknown): JsonObject | null {
  const usage = objectOf(later);
  if (usage === null) return earlier;
  const merged: JsonObject = { ...earlier };
  for (const [key, value] of Object.entries(usage)) {
    if (value !== null && value !== undefined) merged[key] = value;
  }
  return merged;
}

export interface AnthropicCounters {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens_details: { readonly thinking_tokens: number } | null;
  readonly server_tool_use: null;
}

/** The counters that an answer and the end of a stream share. */
export function formatAnthropicCounters(usage: Usage): AnthropicCounters {
  const cached = usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    // A provider that reports more cached than total tokens must not lead to a negative count.
    input_tokens: Math.max(usage.inputTokens - cached, 0),
    output_tokens: usage.outputTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    output_tokens_details: usage.reasoningTokens > 0 ? { thinking_tokens: usage.reasoningTokens } : null,
    server_tool_use: null,
  };
}

/** Usage of a whole answer, with every member the vendor's types promise. `serviceTier` in OpenAI's vocabulary. */
export function formatAnthropicUsage(usage: Usage, serviceTier: string | null): Record<string, unknown> {
  return {
    ...formatAnthropicCounters(usage),
    cache_creation: null,
    inference_geo: null,
    service_tier: serviceTier === "default" ? "standard" : serviceTier === "priority" ? "priority" : null,
    speed: null,
  };
}

/** Anthropic's usage `service_tier` in OpenAI's vocabulary; `batch` has no counterpart. */
export function parseAnthropicServiceTier(tier: unknown): string | null {
  if (tier === "standard") return "default";
  return tier === "priority" ? tier : null;
}
