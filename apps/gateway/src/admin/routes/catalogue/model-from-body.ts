import { capabilityNames, completeCapabilities, parseCapability } from "@tokenhub/config";
import { TokenHubError, type Capability, type CatalogueModel, type Price } from "@tokenhub/contracts";
import type { ModelEntry } from "@tokenhub/persistence";
import { cacheChoiceFrom } from "../../../cache/cache-choice-form.ts";
import type { ModelForm } from "./model-form.ts";

/** A model with nothing but defaults. */
export function plainModel(id: string, providerId: string): ModelEntry {
  return {
    id,
    providerId,
    upstreamName: id,
    enabled: true,
    weight: 1,
    contextTokens: 0,
    maxOutputTokens: null,
    price: null,
    priceSource: null,
    contextSource: null,
    capabilities: null,
    expectedLatencyMs: null,
    toolNameMap: {},
    gemma4Output: false,
    cache: null,
  };
}

export interface ModelBase {
  /** What the body's fields take the place of. */
  readonly base: ModelEntry;
  /** The model as it is now and as answers show it, list prices included; null: a new one. */
  readonly shown: CatalogueModel | null;
}

/**
 * A model with what a body states in place of its own values; null clears a value. A price or a context that is stated as
 * it is shown changes nothing, so that what was read can be sent back; any other makes it the operator's.
 * @throws TokenHubError `invalid_request` for fields that contradict each other.
 */
export function modelFromBody(form: ModelForm, { base, shown }: ModelBase): ModelEntry {
  return {
    ...base,
    ...contextOf(form, { base, shown }),
    ...priceOf(form, { base, shown }),
    providerId: agreed(form, ["provider_id", "provider"]) ?? base.providerId,
    upstreamName: agreed(form, ["upstream_name", "name"]) ?? base.upstreamName,
    enabled: form.enabled ?? base.enabled,
    weight: form.weight ?? base.weight,
    maxOutputTokens: form.max_output_tokens === undefined ? base.maxOutputTokens : form.max_output_tokens,
    capabilities: form.capabilities === undefined ? base.capabilities : capabilitiesOf(form.capabilities),
    expectedLatencyMs:
      form.expected_latency_ms === undefined ? base.expectedLatencyMs : form.expected_latency_ms,
    toolNameMap: form.tool_name_map === undefined ? base.toolNameMap : (form.tool_name_map ?? {}),
    gemma4Output: form.gemma4_output ?? base.gemma4Output,
    ...(form.cache === undefined && form.cache_ttl_seconds === undefined
      ? {}
      : { cache: cacheChoiceFrom(form, base.cache ?? null) }),
  };
}

type Context = Pick<CatalogueModel, "contextTokens" | "contextSource">;

function contextOf(form: ModelForm, { base, shown }: ModelBase): Context {
  const stated = agreed(form, ["max_context_tokens", "context_size"]);
  if (stated === undefined) return base;
  if (stated === null) return { contextTokens: 0, contextSource: null };
  if (shown !== null && shown.contextSource !== null && stated === shown.contextTokens)
    return shown.contextSource === "catalogue"
      ? { contextTokens: 0, contextSource: null }
      : { contextTokens: stated, contextSource: shown.contextSource };
  return { contextTokens: stated, contextSource: "manual" };
}

type Pricing = Pick<CatalogueModel, "price" | "priceSource">;
const unknownPrice: Pricing = { price: null, priceSource: null };

function priceOf(form: ModelForm, { base, shown }: ModelBase): Pricing {
  const { cost_per_1k: both, input_per_1k: input, output_per_1k: output, pricing_source: source } = form;
  if (both !== undefined && (input !== undefined || output !== undefined))
    throw invalid("cost_per_1k", "stands for both prices; leave it or input_per_1k and output_per_1k out");
  const statedInput = both === undefined ? input : both;
  const statedOutput = both === undefined ? output : both;
  if (statedInput === undefined && statedOutput === undefined) return leftPrice(source, { base, shown });
  const price = wholePrice(
    statedInput === undefined ? (shown?.price?.inputPer1kUsd ?? null) : statedInput,
    statedOutput === undefined ? (shown?.price?.outputPer1kUsd ?? null) : statedOutput,
    {
      isClearing: statedInput === null || statedOutput === null,
      hasNumber: isNumber(input) || isNumber(output),
    },
  );
  if (price === null) return unknownPrice;
  const isAsShown =
    price.inputPer1kUsd === shown?.price?.inputPer1kUsd &&
    price.outputPer1kUsd === shown.price.outputPer1kUsd;
  if (!isAsShown || source === "manual") return { price, priceSource: "manual" };
  return shown.priceSource === "catalogue" || isFromList(source)
    ? unknownPrice
    : { price, priceSource: shown.priceSource };
}

/** No price is stated; `pricing_source` alone can pin the one that is shown, or leave it to the price list. */
function leftPrice(source: ModelForm["pricing_source"], { base, shown }: ModelBase): Pricing {
  if (isFromList(source)) return unknownPrice;
  const present = shown ?? base;
  if (source === undefined || present.price === null)
    return { price: base.price, priceSource: base.priceSource };
  return { price: present.price, priceSource: source === "provider" ? "provider" : "manual" };
}

/** Under `catalogue` nothing is stored: the price list fills it in wherever the catalogue is loaded. */
function isFromList(source: ModelForm["pricing_source"]): boolean {
  return source === "catalogue" || source === "litellm";
}

function wholePrice(
  input: number | null,
  output: number | null,
  { isClearing, hasNumber }: { readonly isClearing: boolean; readonly hasNumber: boolean },
): Price | null {
  if (isClearing && !hasNumber) return null;
  if (input === null || output === null)
    throw invalid(
      input === null ? "input_per_1k" : "output_per_1k",
      "is unknown, so the other price cannot stand alone; state both prices, or clear both",
    );
  return { inputPer1kUsd: input, outputPer1kUsd: output };
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function capabilitiesOf(listed: NonNullable<ModelForm["capabilities"]> | null): Capability[] | null {
  if (listed === null || listed.length === 0) return null;
  const known = listed.map((name, index) => {
    const capability = parseCapability(name);
    if (capability !== null) return capability;
    throw invalid(
      `capabilities.${index}`,
      `is no capability; the known ones are ${capabilityNames.join(", ")}`,
    );
  });
  return [...completeCapabilities(known)];
}

/** The value of two fields with one meaning. @throws TokenHubError when they contradict each other */
function agreed<Field extends keyof ModelForm>(
  form: ModelForm,
  [field, other]: readonly [Field, Field],
): ModelForm[Field] {
  const value = form[field];
  const same = form[other];
  if (value !== undefined && same !== undefined && value !== same)
    throw invalid(other, `differs from ${field}, but both mean the same; keep one of them`);
  return value === undefined ? same : value;
}

function invalid(param: string, problem: string): TokenHubError {
  return new TokenHubError("invalid_request", `\`${param}\` ${problem}.`, { param });
}
