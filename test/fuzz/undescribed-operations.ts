import type { JsonSchema, Operation } from "./open-api-operations.ts";

const text: JsonSchema = { type: "string" };
const number: JsonSchema = { type: "number", minimum: 0, maximum: 1_000 };
const messages: JsonSchema = {
  type: "array",
  minItems: 1,
  maxItems: 3,
  items: {
    type: "object",
    properties: { role: { enum: ["user", "assistant", "system"] }, content: text },
    required: ["role", "content"],
  },
};

const plain = (method: string, template: string): Operation => ({ method, template, query: [], body: null });
const form = (
  template: string,
  properties: Record<string, JsonSchema>,
  required: readonly string[],
): Operation => ({ method: "POST", template, query: [], body: { type: "object", properties, required } });

const wishes: Record<string, JsonSchema> = {
  strategy: { enum: ["auto", "cheapest", "fastest", "highest_weight", "thompson", "objective"] },
  mode: { enum: ["normal", "cheap", "high_confidence", "planning", "thompson"] },
  max_cost_per_1k_tokens: number,
  min_context_size: { type: "integer", minimum: 0, maximum: 1_000 },
  allow_fallback: { type: "boolean" },
  max_latency_ms: { type: "integer", minimum: 0, maximum: 300_000 },
};

const nestedChatBody: JsonSchema = {
  type: "object",
  properties: {
    request: {
      type: "object",
      properties: {
        messages,
        id: text,
        model_hint: text,
        stream: { type: "boolean" },
        estimated_input_tokens: { type: "integer", minimum: 0, maximum: 5_000 },
        parameters: { type: "object", additionalProperties: {} },
      },
      required: ["messages"],
    },
    policy: { type: "object", properties: wishes },
    capabilities: { type: "array", items: { enum: ["tools", "vision", "json", "none-such"] }, maxItems: 3 },
    include_decision: { type: "boolean" },
    cache: { anyOf: [{ type: "boolean" }, { type: "integer", minimum: 1, maximum: 100 }] },
  },
  required: ["request"],
};

/** The flat body of the first generation, which shares its path with the nested one. */
const flatChatBody: JsonSchema = {
  type: "object",
  properties: { messages, max_cost_per_1k_tokens: number, strategy: text, orchestration_mode: text },
  required: ["messages"],
};

/** Paths that are served but are not, or not yet, in the description. */
export const undescribedOperations: readonly Operation[] = [
  { method: "POST", template: "/v1/chat", query: [], body: { oneOf: [nestedChatBody, flatChatBody] } },
  form(
    "/v1/completions",
    { model: text, prompt: text, max_tokens: { enum: [1, 20] }, stream: { type: "boolean" } },
    ["prompt"],
  ),
  plain("GET", "/admin/providers"),
  plain("GET", "/admin/models"),
  form("/admin/providers", { name: text, provider_type: text, api_key: text, base_url: text }, [
    "name",
    "provider_type",
    "api_key",
    "base_url",
  ]),
  form(
    "/admin/models",
    { name: text, provider: text, cost_per_1k_tokens: number, context_size: number, weight: number },
    ["name", "provider", "cost_per_1k_tokens", "context_size", "weight"],
  ),
  plain("GET", "/admin"),
  plain("GET", "/docs"),
  plain("GET", "/openapi.json"),
  plain("GET", "/no/such/path"),
  plain("GET", "/admin/v1/no-such-thing"),
];
