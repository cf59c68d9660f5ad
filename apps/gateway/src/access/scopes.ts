import { z } from "zod";
import type { Scope } from "../sync/generation-endpoint.ts";

const scopeNames = ["chat", "plan", "embeddings"] as const satisfies readonly Scope[];

/** What a key may do: a JSON array, or the same as text. Empty: everything. */
export const scopesSchema = z
  .preprocess(readText, z.array(z.enum(scopeNames)).max(scopeNames.length * 2))
  .transform((scopes) => [...new Set(scopes)])
  .meta({ description: `Any of ${scopeNames.join(", ")}; empty: everything.` });

function readText(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (value.trim() === "") return [];
  try {
    return JSON.parse(value) as unknown;
  } catch {
    // The schema says what is wrong with a text.
    return value;
  }
}
