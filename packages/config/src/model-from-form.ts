import { capabilityNames, completeCapabilities, parseCapability, type CapabilityName } from "./capability.ts";
import { closestName } from "./closest-name.ts";
import type { ConfigError } from "./config-error.ts";
import { formError, type Place } from "./form-issues.ts";
import type { ModelConfig } from "./product-config.ts";
import type { ModelForm } from "./product-config-schema.ts";
import { readDurationMs } from "./provider-from-form.ts";

const longestModelId = 256;
const shortestCacheTtlMs = 1_000;
/** A week. */
const longestCacheTtlMs = 604_800_000;

interface FormPosition {
  readonly index: number;
  readonly place: Place;
}

/**
 * One model of a file in the common shape. `name` is what the provider calls the model (default: the id); one price means
 * the same price for input and output; no price means an unknown price, never 0.
 * @throws ConfigError naming the path of whatever is missing or contradictory.
 */
export function modelFromForm(form: ModelForm, position: FormPosition): ModelConfig {
  if (form.id === null)
    throw fail("id", { problem: "is missing; give the model the id that clients will use", position });
  if (form.id.length > longestModelId)
    throw fail("id", { problem: `must have at most ${longestModelId} characters`, position });
  const contextTokens = agreed(
    { max_context_tokens: form.max_context_tokens, context_size: form.context_size },
    position,
  );
  const price = readPrice(form, position);
  return {
    id: form.id,
    providerId:
      agreed({ provider_id: form.provider_id, provider: form.provider }, position) ??
      missingProvider(position),
    upstreamName: form.name ?? form.id,
    enabled: form.enabled ?? true,
    weight: form.weight ?? 1,
    contextTokens: contextTokens ?? 0,
    maxOutputTokens: form.max_output_tokens ?? null,
    price,
    capabilities: readCapabilities(form, position),
    expectedLatencyMs: readDurationMs(form.expected_latency_ms, {
      path: ["models", position.index, "expected_latency_ms"],
      place: position.place,
    }),
    priceSource: price === null ? null : "manual",
    contextSource: contextTokens === null ? null : "manual",
    toolNameMap: form.tool_name_map ?? {},
    gemma4Output: form.gemma4_output ?? false,
    cache: readCacheChoice(form, position),
  };
}

/** The value of two keys with one meaning; contradicting values are an error. */
function agreed<Value>(
  values: { readonly [key: string]: Value | null | undefined },
  position: FormPosition,
): Value | null {
  const stated = Object.entries(values).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value }],
  );
  const [first, second] = stated;
  if (first !== undefined && second !== undefined && first.value !== second.value) {
    throw fail(second.key, {
      problem: `differs from ${first.key}, but both mean the same; keep one of them`,
      position,
    });
  }
  return first?.value ?? null;
}

function missingProvider(position: FormPosition): never {
  throw fail("provider_id", {
    problem: "is missing; set it (or provider) to the id of a provider",
    position,
  });
}

function readPrice(form: ModelForm, position: FormPosition): ModelConfig["price"] {
  const single = form.cost_per_1k ?? null;
  const input = form.pricing?.input_per_1k ?? null;
  const output = form.pricing?.output_per_1k ?? null;
  if (single !== null && (input !== null || output !== null)) {
    throw fail("cost_per_1k", { problem: "and pricing both state the price; keep one of them", position });
  }
  if (single !== null) return { inputPer1kUsd: single, outputPer1kUsd: single };
  if (input === null && output === null) return null;
  if (input === null || output === null) {
    throw fail("pricing", {
      problem: `has no ${input === null ? "input_per_1k" : "output_per_1k"}; state both prices, or none when they are unknown`,
      position,
    });
  }
  return { inputPer1kUsd: input, outputPer1kUsd: output };
}

function readCapabilities(form: ModelForm, position: FormPosition): CapabilityName[] | null {
  if (form.capabilities === null || form.capabilities === undefined) return null;
  const listed = form.capabilities.map((name, index) => {
    const capability = parseCapability(name);
    if (capability !== null) return capability;
    const suggestion = closestName(name, capabilityNames);
    throw formError(["models", position.index, "capabilities", index], {
      problem:
        `is "${name.slice(0, 60)}", which is not a known capability` +
        `${suggestion === null ? "" : ` (did you mean ${suggestion}?)`}; the known ones are ${capabilityNames.join(", ")}`,
      place: position.place,
    });
  });
  return listed.length === 0 ? null : [...completeCapabilities(listed)];
}

function readCacheChoice(form: ModelForm, position: FormPosition): ModelConfig["cache"] {
  const { index, place } = position;
  const ttlMs = readDurationMs(form.cache_ttl, { path: ["models", index, "cache_ttl"], place });
  if (ttlMs !== null && form.cache !== "on")
    throw fail("cache_ttl", { problem: "says how long answers are kept, but cache is not on", position });
  if (ttlMs !== null && (ttlMs < shortestCacheTtlMs || ttlMs > longestCacheTtlMs))
    throw fail("cache_ttl", { problem: "must be from 1s to 168h", position });
  if (form.cache === null) return null;
  return form.cache === "on" ? { kind: "on", ttlMs } : { kind: "off" };
}

function fail(
  key: string,
  { problem, position }: { readonly problem: string; readonly position: FormPosition },
): ConfigError {
  return formError(["models", position.index, key], { problem, place: position.place });
}
