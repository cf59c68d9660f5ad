import type { DiscoveredModel, ModelsPage } from "./provider-definition.ts";

const maxIdLength = 256;

/** Names under which servers tell a model's context window; the first that is a positive number counts. */
const contextFields = [
  "max_model_len",
  "context_length",
  "context_window",
  "max_context_length",
  "max_input_tokens",
  "max_context_tokens",
];

/**
 * Reads one page of models in any of the shapes servers use: `{"data":[...]}` (OpenAI, vLLM; Anthropic with `has_more` and
 * `last_id`), `{"models":[...]}`, or a bare list; of objects with an `id` or `name`, or of names. Entries without a usable
 * name are left out. Null when it is no list at all.
 */
export function readModelList(json: unknown): ModelsPage | null {
  const entries = entriesOf(json);
  if (entries === null) return null;
  return { models: entries.flatMap((entry) => readModel(entry) ?? []), nextPageToken: nextPageToken(json) };
}

function entriesOf(json: unknown): readonly unknown[] | null {
  if (Array.isArray(json)) return json;
  if (!isRecord(json)) return null;
  for (const list of [json["data"], json["models"]]) if (Array.isArray(list)) return list;
  return null;
}

function readModel(entry: unknown): DiscoveredModel | null {
  if (typeof entry === "string") return isName(entry) ? { id: entry, ownedBy: null } : null;
  if (!isRecord(entry)) return null;
  const id = [entry["id"], entry["name"], entry["model"]].find(isName);
  if (id === undefined) return null;
  const owner = [entry["owned_by"], entry["organization"]].find(isName) ?? null;
  const contextTokens = contextFields.map((field) => entry[field]).find(isTokenCount);
  return { id, ownedBy: owner, ...(contextTokens === undefined ? {} : { contextTokens }) };
}

function nextPageToken(json: unknown): string | null {
  if (!isRecord(json) || json["has_more"] !== true) return null;
  return isName(json["last_id"]) ? json["last_id"] : null;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= maxIdLength && isPrintable(value);
}

function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text);
}

function isTokenCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
