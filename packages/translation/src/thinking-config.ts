import type { CanonicalReasoning } from "./canonical.ts";
import { numberOf, objectOf, textOf } from "./json-value.ts";

const modes: ReadonlyMap<string, CanonicalReasoning["mode"]> = new Map([
  ["enabled", "budget"],
  ["adaptive", "adaptive"],
  ["between_tools", "between-tools"],
  ["disabled", "off"],
]);

/** Anthropic's `thinking` object; null when there is none or its type is not known. */
export function parseThinking(value: unknown): CanonicalReasoning | null {
  const thinking = objectOf(value);
  const mode = modes.get(textOf(thinking?.["type"]) ?? "");
  if (mode === undefined) return null;
  return {
    mode,
    effort: null,
    budgetTokens: mode === "budget" ? numberOf(thinking?.["budget_tokens"]) : null,
    display: textOf(thinking?.["display"]),
  };
}
