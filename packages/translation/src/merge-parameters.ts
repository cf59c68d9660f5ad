import type { JsonObject } from "./json-value.ts";

/** Members of a chat body that parameters may not touch: they say what is asked, of whom, and how it is delivered. */
const reserved: ReadonlySet<string> = new Set(["model", "messages", "stream", "system"]);

/**
 * The body with a native request's `parameters` merged in: each one verbatim and in place of a member of that name, apart
 * from `model`, `messages`, `stream` and `system`, which are skipped. The objects given are not changed.
 */
export function mergeParameters(body: JsonObject, parameters: JsonObject): JsonObject {
  const allowed = Object.entries(parameters).filter(([name]) => !reserved.has(name));
  return { ...body, ...Object.fromEntries(allowed) };
}
