import type { AssistantBlock, CanonicalFrame } from "./canonical.ts";
import { objectOf } from "./json-value.ts";

/**
 * The frames a block of a whole answer would have been streamed in, its text in one piece, without its end.
 * @param callIndex the number of tool calls before it.
 */
export function blockFrames(block: AssistantBlock, callIndex: number): CanonicalFrame[] {
  switch (block.type) {
    case "text":
      return [
        { type: "text-delta", text: block.text },
        ...block.citations.map((citation) => ({ type: "citation" as const, citation })),
      ];
    case "refusal":
      return [{ type: "refusal-delta", text: block.text }];
    case "reasoning":
      return [
        { type: "reasoning-delta", text: block.text },
        ...(block.signature === null
          ? []
          : [{ type: "reasoning-signature" as const, signature: block.signature }]),
      ];
    case "redacted-reasoning":
      return [{ type: "redacted-reasoning", data: block.data }];
    case "tool-call": {
      const { id, name, isFreeText, arguments: text } = block;
      return [
        { type: "tool-call-start", index: callIndex, id, name, isFreeText },
        { type: "tool-call-delta", index: callIndex, text },
      ];
    }
    case "native": {
      const value = objectOf(block.value);
      return value === null ? [] : [{ type: "native-block", format: block.format, value }];
    }
    case "image":
    case "document":
      // No format streams these.
      return [];
  }
}
