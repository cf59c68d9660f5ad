import type { AssistantBlock, CanonicalMessage, UserBlock } from "../canonical.ts";
import type { WarningList } from "../warning-list.ts";

export interface BuiltPrompt {
  readonly text: string;
  /** Where the model would begin to write the next turn itself; empty when the prompt is one message. */
  readonly stopSequences: readonly string[];
}

const speakers = { system: "System", user: "User", assistant: "Assistant", tool: "Tool result" } as const;

/**
 * The conversation as one text. A single user message is its text, unchanged. Everything else becomes a transcript that the
 * model is to go on with, and the user's next turn ends it:
 *
 *     System: ...
 *
 *     User: ...
 *
 *     Assistant:
 *
 * A conversation that ends with an assistant message is continued where it stops.
 */
export function buildPrompt(messages: readonly CanonicalMessage[], warnings: WarningList): BuiltPrompt {
  const [only] = messages;
  if (messages.length === 1 && only?.role === "user") {
    return { text: textOf(only.content, warnings), stopSequences: [] };
  }
  warnings.add("The conversation was written as one prompt with role labels: openai-completions takes text.");
  const lines = messages.map((message) => {
    const text = textOf(message.content, warnings);
    return `${speakers[message.role]}: ${text}`.trimEnd();
  });
  if (messages.at(-1)?.role !== "assistant") lines.push(`${speakers.assistant}:`);
  return { text: lines.join("\n\n"), stopSequences: [`\n${speakers.user}:`] };
}

/** The text of a message; everything else of it is reported. */
function textOf(blocks: readonly (UserBlock | AssistantBlock)[], warnings: WarningList): string {
  const texts: string[] = [];
  for (const block of blocks) {
    if (block.type === "text" || block.type === "refusal") texts.push(block.text);
    else if (block.type === "document" && block.source.type === "text") texts.push(block.source.text);
    else warnings.leftOut(block.type === "native" ? block.name : block.type, "openai-completions");
  }
  return texts.join("");
}
