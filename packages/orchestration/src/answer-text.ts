import type { CallOutcome } from "@tokenhub/contracts";

/** An answer as later calls are shown it: its text, and the tool calls it asks for as JSON. Null unless it was answered. */
export function answerText(outcome: CallOutcome | null | undefined): string | null {
  if (outcome?.kind !== "answered") return null;
  const { text, toolCalls } = outcome;
  const parts = [text.trim(), toolCalls === null || toolCalls.length === 0 ? "" : JSON.stringify(toolCalls)];
  return parts.filter((part) => part !== "").join("\n\n") || "(no text)";
}
