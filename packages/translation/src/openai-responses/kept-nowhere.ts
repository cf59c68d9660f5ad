import { jsonText, listOf, objectOf, parseJson } from "../json-value.ts";
import type { TopLevelChanges } from "../splice-top-level.ts";
import { readReasoningItem } from "./carried-reasoning.ts";

/**
 * The changes by which a request in this format leaves nothing behind at its provider: responses are kept here, if at all,
 * and earlier turns are part of the input. Reasoning that a provider could only find in what it kept is left out.
 * @param raw the JSON text of a member
 */
export function keptNowhere(raw: (key: string) => string | undefined): TopLevelChanges {
  const changes: Record<string, string | undefined> = {
    store: "false",
    background: undefined,
    previous_response_id: undefined,
  };
  const input = raw("input");
  if (input === undefined || !input.includes('"reasoning"')) return changes;
  const items = listOf(parseJson(input));
  const kept = items.filter((item) => !isUnreadable(item));
  if (kept.length < items.length) changes["input"] = jsonText(kept);
  return changes;
}

/** Reasoning without content that this vendor encrypted: only by its id, which nobody keeps, could it be found. */
function isUnreadable(value: unknown): boolean {
  const item = objectOf(value);
  return item?.["type"] === "reasoning" && readReasoningItem(item) !== null;
}
