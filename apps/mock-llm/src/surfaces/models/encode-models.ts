import type { ProviderFamily } from "../upstream-error.ts";

/** What the model list holds when no plan names a model. */
export const stockModels: readonly string[] = ["mock-gpt", "mock-claude", "mock-embedding"];

const createdAt = "2026-01-01T00:00:00Z";
const createdAtS = Date.parse(createdAt) / 1_000;

/** A model as the API describes it. */
export function encodeModel(id: string, { family }: { readonly family: ProviderFamily }): unknown {
  if (family === "openai") return { id, object: "model", created: createdAtS, owned_by: "mock-llm" };
  const unknowns = {
    deprecated_at: null,
    line: null,
    max_input_tokens: null,
    max_tokens: null,
    retires_at: null,
  };
  const fixed = { created_at: createdAt, capabilities: null, lifecycle: "active", ...unknowns };
  return { type: "model", id, display_name: id, ...fixed };
}

/** The body of `GET /v1/models`: all models on one page. */
export function encodeModels(
  ids: readonly string[],
  { family }: { readonly family: ProviderFamily },
): unknown {
  const data = ids.map((id) => encodeModel(id, { family }));
  if (family === "openai") return { object: "list", data };
  return { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}
