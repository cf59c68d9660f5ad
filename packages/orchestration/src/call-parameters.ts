import type { CallSpec } from "@tokenhub/contracts";
import type { JsonObject } from "./conversation.ts";

/** Ours to say, or without sense in an orchestration: every call has one choice. */
const neverCarried = new Set(["model", "messages", "stream", "stream_options", "n", "tokenhub"]);
/** What binds the form of an answer. */
const toolParameters = new Set([
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "functions",
  "function_call",
  "response_format",
]);
/** Who asks, and on what terms: as true of a critic's call as of any other. */
const alwaysCarried = new Set(["user", "safety_identifier", "service_tier", "prompt_cache_key"]);
const limits = ["max_completion_tokens", "max_tokens"] as const;

/** The caller's parameters that belong to a call, with the call's own limit and temperature in place of theirs. */
export function callParameters(parameters: JsonObject, spec: CallSpec): Record<string, unknown> {
  const carried: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (neverCarried.has(name)) continue;
    const isCarried = toolParameters.has(name) ? spec.carriesTools : spec.carriesParameters;
    if (isCarried || alwaysCarried.has(name)) carried[name] = value;
  }
  if (spec.maxOutputTokens !== null) {
    const name = limits.find((limit) => parameters[limit] !== undefined && parameters[limit] !== null);
    for (const limit of limits) delete carried[limit];
    carried[name ?? "max_tokens"] = spec.maxOutputTokens;
  }
  if (spec.temperature !== null) carried["temperature"] = spec.temperature;
  return carried;
}

/** The tools that the caller defines, in either of the two forms. */
export function toolDefinitions(parameters: JsonObject): readonly unknown[] {
  return ["tools", "functions"].flatMap((name) => {
    const value = parameters[name];
    return Array.isArray(value) ? (value as readonly unknown[]) : [];
  });
}
