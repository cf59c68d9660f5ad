import type { ModelEntry, Stored } from "@tokenhub/persistence";
import { presentCacheChoice } from "../../../cache/cache-choice-form.ts";
import { storedMeta } from "./stored-meta.ts";

/** A model as answers show it. @param stored with list prices filled in. */
export function viewModel(stored: Stored<ModelEntry>): object {
  const { entry } = stored;
  return {
    id: entry.id,
    provider_id: entry.providerId,
    upstream_name: entry.upstreamName,
    enabled: entry.enabled,
    weight: entry.weight,
    max_context_tokens:
      entry.contextSource === null && entry.contextTokens === 0 ? null : entry.contextTokens,
    context_source: entry.contextSource,
    max_output_tokens: entry.maxOutputTokens,
    input_per_1k: entry.price?.inputPer1kUsd ?? null,
    output_per_1k: entry.price?.outputPer1kUsd ?? null,
    pricing_source: entry.priceSource,
    capabilities: entry.capabilities,
    expected_latency_ms: entry.expectedLatencyMs,
    tool_name_map: entry.toolNameMap,
    gemma4_output: entry.gemma4Output,
    ...presentCacheChoice(entry.cache ?? null),
    ...storedMeta(stored),
  };
}
