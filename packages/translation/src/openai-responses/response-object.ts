import type { Usage } from "@tokenhub/contracts";
import { objectOf, objectsOf, presentMembers, type JsonObject } from "../json-value.ts";
import { createdSeconds } from "../openai-chat/build-response.ts";
import type { ResponseContext } from "../wire-format.ts";
import { formatResponsesUsage } from "./convert-usage.ts";
import type { ResponseEnd } from "./map-status.ts";
import type { ResponseError } from "./response-error.ts";
import { responseId } from "./response-id.ts";

/** What changes between the states of one response. */
export interface ResponseState {
  readonly status: "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";
  readonly output: readonly JsonObject[];
  readonly incompleteReason: ResponseEnd["incompleteReason"];
  readonly error: ResponseError | null;
  readonly usage: Usage | null;
  readonly serviceTier: string | null;
}

/**
 * A Response with every member that the vendor's types promise, apart from `output_text`, which its client computes.
 * The request's parameters are repeated from `context.requestBody`; what it does not state is null or the documented
 * default. When it was completed is not told: that is for whoever has a clock.
 */
export function responseObject(context: ResponseContext, state: ResponseState): JsonObject {
  const { status, output, incompleteReason, error, usage, serviceTier } = state;
  return {
    id: responseId(context),
    object: "response",
    created_at: createdSeconds(context),
    status,
    error,
    incomplete_details: incompleteReason === null ? null : { reason: incompleteReason },
    model: context.model,
    output,
    usage: usage === null ? null : formatResponsesUsage(usage),
    service_tier: serviceTier,
    ...repeatedParameters(context.requestBody ?? {}),
  };
}

function repeatedParameters(body: JsonObject): JsonObject {
  const reasoning = objectOf(body["reasoning"]);
  return {
    access_programs: null,
    background: body["background"] ?? false,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    max_tool_calls: body["max_tool_calls"] ?? null,
    metadata: body["metadata"] ?? {},
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    previous_response_id: body["previous_response_id"] ?? null,
    prompt_cache_key: body["prompt_cache_key"] ?? null,
    reasoning: { effort: null, summary: null, ...reasoning },
    safety_identifier: body["safety_identifier"] ?? null,
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? null,
    text: { format: { type: "text" }, ...presentMembers(objectOf(body["text"]) ?? {}) },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: objectsOf(body["tools"]).map(repeatedTool),
    top_logprobs: body["top_logprobs"] ?? 0,
    top_p: body["top_p"] ?? null,
    truncation: body["truncation"] ?? "disabled",
    ...presentMembers({ user: body["user"] }),
  };
}

/** A function is repeated with the members that its type demands. */
function repeatedTool(tool: JsonObject): JsonObject {
  return tool["type"] === "function" ? { parameters: null, strict: null, ...tool } : tool;
}
