import {
  TokenHubError,
  type CallSpec,
  type Capability,
  type PromptValue,
  type RoutingFeatures,
  type RunInput,
  type RunState,
} from "@tokenhub/contracts";
import { answerText } from "./answer-text.ts";
import { callParameters, toolDefinitions } from "./call-parameters.ts";
import { readConversation, withoutToolTurns, type JsonObject } from "./conversation.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { fillTemplate } from "./fill-template.ts";
import { knownCostUsd } from "./known-cost.ts";

/** A call as it is sent. */
export interface RenderedCall {
  /** In the OpenAI chat format, without `model` and `stream`. */
  readonly bodyText: string;
  readonly estimatedInputTokens: number;
  readonly features: RoutingFeatures;
}

/**
 * Writes the request of a call: its system prompt, the caller's whole conversation, its ask, and those of the caller's
 * parameters that belong to it. The features are the caller's, changed by what the call is.
 * @throws TokenHubError `internal_error` when the call names a template the run does not have or an answer that is not
 *   there; `invalid_request` when the run's body is no chat body
 */
export function renderCall({
  input,
  state,
  spec,
}: {
  readonly input: RunInput;
  readonly state: RunState;
  readonly spec: CallSpec;
}): RenderedCall {
  const { messages, parameters } = readConversation(input.bodyText);
  const system = spec.system === null ? "" : fillTemplate(templateOf(input, spec.system), new Map());
  const ask = spec.ask === null ? "" : fillAsk({ input, state, ask: spec.ask });
  const body = {
    ...callParameters(parameters, spec),
    messages: [
      ...(system === "" ? [] : [{ role: "system", content: system }]),
      ...(spec.carriesTools ? messages : withoutToolTurns(messages)),
      ...(ask === "" ? [] : [{ role: "user", content: ask }]),
    ],
  };
  const saved = spec.carriesTools ? 0 : tokensOfTools(parameters);
  const estimatedInputTokens =
    Math.max(0, input.features.estimatedInputTokens - saved) + estimateTokens(system) + estimateTokens(ask);
  return {
    bodyText: JSON.stringify(body),
    estimatedInputTokens,
    features: featuresOf({ input, state, spec }, estimatedInputTokens),
  };
}

function templateOf(input: RunInput, name: string): string {
  const template = Object.hasOwn(input.templates, name) ? input.templates[name] : undefined;
  if (template === undefined)
    throw new TokenHubError("internal_error", `The run has no template named \`${name}\`.`);
  return template;
}

function fillAsk({
  input,
  state,
  ask,
}: {
  readonly input: RunInput;
  readonly state: RunState;
  readonly ask: NonNullable<CallSpec["ask"]>;
}): string {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(ask.values)) values.set(name, valueText(value, state));
  return fillTemplate(templateOf(input, ask.template), values);
}

function valueText(value: PromptValue, state: RunState): string {
  if ("text" in value) return value.text;
  const call = state.calls.find(({ spec }) => spec.callId === value.answerOf);
  const text = answerText(call?.outcome);
  if (text === null)
    throw new TokenHubError("internal_error", `Call \`${value.answerOf}\` has no answer to hand on.`);
  return text;
}

function tokensOfTools(parameters: JsonObject): number {
  return toolDefinitions(parameters).reduce<number>(
    (sum, tool) => sum + estimateTokens(JSON.stringify(tool) ?? ""),
    0,
  );
}

function featuresOf(
  { input, state, spec }: { readonly input: RunInput; readonly state: RunState; readonly spec: CallSpec },
  estimatedInputTokens: number,
): RoutingFeatures {
  const { features } = input;
  const { modelId, allowFallback, minWeight } = spec.model;
  return {
    ...features,
    operation: "chat",
    wireFormat: "openai-chat",
    stream: input.streamsCalls,
    requestedModel: modelId,
    estimatedInputTokens,
    maxOutputTokens: spec.maxOutputTokens ?? (spec.carriesParameters ? features.maxOutputTokens : null),
    needs: features.needs.filter((need) => isNeeded(need, spec)),
    policy: {
      ...features.policy,
      mode: spec.routingMode,
      allowFallback,
      minWeight: higherOf(features.policy.minWeight, minWeight),
      maxBudgetUsd: budgetOf(input, state),
    },
    ...spreadOf(spec),
  };
}

/** Nothing for a call that stands alone and need not differ from another: it is routed as any request. */
function spreadOf({ model }: CallSpec): Pick<RoutingFeatures, "spread"> {
  const { avoidModelIds, avoidProviderIds, rank, ranks } = model;
  const isAlone = (ranks ?? 1) === 1 && rank === 0;
  if (isAlone && avoidModelIds.length === 0 && avoidProviderIds.length === 0) return {};
  return { spread: { avoidModelIds, avoidProviderIds, rank, ...(ranks === undefined ? {} : { ranks }) } };
}

function isNeeded(need: Capability, spec: CallSpec): boolean {
  if (need === "tools" || need === "structured_output") return spec.carriesTools;
  return need === "reasoning" ? spec.carriesParameters : true;
}

function higherOf(first: number | null, second: number | null): number | null {
  return first === null || second === null ? (first ?? second) : Math.max(first, second);
}

/** The caller's limit for one call, but no more than what is left for the run. A run without a limit per call stays without. */
function budgetOf(input: RunInput, state: RunState): number | null {
  const { maxBudgetUsd } = input.features.policy;
  if (maxBudgetUsd === null || input.maxCostUsd === null) return maxBudgetUsd;
  return Math.min(maxBudgetUsd, Math.max(0, input.maxCostUsd - knownCostUsd(state)));
}
