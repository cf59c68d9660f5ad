import type { Answer, AnsweredToolCall } from "../../answer/answer.ts";

export type ContentBlock =
  | { readonly kind: "thinking"; readonly text: string; readonly signature: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "call"; readonly call: AnsweredToolCall };

/** The content blocks of an answer, in the order in which they appear. */
export function contentBlocks(answer: Answer): readonly ContentBlock[] {
  const blocks: ContentBlock[] = [];
  if (answer.reasoning !== null) {
    // Opaque to everybody; what matters is that it comes back unchanged with the next request.
    const signature = Buffer.from(`mock-signature:${answer.reasoning}`).toString("base64");
    blocks.push({ kind: "thinking", text: answer.reasoning, signature });
  }
  if (answer.text !== null) blocks.push({ kind: "text", text: answer.text });
  for (const call of answer.toolCalls) blocks.push({ kind: "call", call });
  return blocks;
}

/** A block as it stands when it is complete. */
export function completedBlock(block: ContentBlock): unknown {
  switch (block.kind) {
    case "thinking":
      return { type: "thinking", thinking: block.text, signature: block.signature };
    case "text":
      return { type: "text", text: block.text, citations: null };
    case "call":
      return { ...startedCall(block.call), input: block.call.arguments };
  }
}

/** A block as it stands when its stream begins. */
export function startedBlock(block: ContentBlock): unknown {
  switch (block.kind) {
    case "thinking":
      return { type: "thinking", thinking: "", signature: "" };
    case "text":
      return { type: "text", text: "", citations: null };
    case "call":
      return startedCall(block.call);
  }
}

function startedCall(call: AnsweredToolCall): object {
  const caller = { type: "direct" };
  return { type: "tool_use", id: `toolu_${call.key}`, name: call.name, input: {}, caller };
}
