import type { AssistantBlock, ReasoningBlock, RedactedReasoningBlock } from "../canonical.ts";
import { numberOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";

/**
 * `reasoning_details`: our extension of the OpenAI message, so that signed and redacted reasoning survives a client that
 * speaks OpenAI. A list in answer order, spelled as other gateways spell it:
 *
 *     { "type": "reasoning.text", "index": 0, "text": "...", "signature": "..." | null }
 *     { "type": "reasoning.encrypted", "index": 1, "data": "..." }
 *
 * In a stream each delta carries fragments: fragments of one `index` belong together, `text` is to be concatenated. A client
 * gives the list back on its assistant message, merged or as the plain sequence of fragments; both are understood.
 * `reasoning_content` carries the same text for clients that only show it.
 */
export type ReasoningDetail =
  | {
      readonly type: "reasoning.text";
      readonly index: number;
      readonly text: string;
      readonly signature: string | null;
    }
  | { readonly type: "reasoning.encrypted"; readonly index: number; readonly data: string };

/** Entries of the list, request, answer or delta; entries of other types are skipped. */
export function readReasoningDetails(value: unknown): ReasoningDetail[] {
  const details: ReasoningDetail[] = [];
  for (const [position, entry] of objectsOf(value).entries()) {
    const index = numberOf(entry["index"]) ?? position;
    if (entry["type"] === "reasoning.text") {
      const signature = textOf(entry["signature"]);
      details.push({ type: "reasoning.text", index, text: textOf(entry["text"]) ?? "", signature });
    } else if (entry["type"] === "reasoning.encrypted" && typeof entry["data"] === "string") {
      details.push({ type: "reasoning.encrypted", index, data: entry["data"] });
    }
  }
  return details;
}

/** The reasoning of a whole message: `reasoning_details`, else the plain text of `reasoning_content` or `reasoning`. */
export function parseReasoningBlocks(message: JsonObject): (ReasoningBlock | RedactedReasoningBlock)[] {
  const details = mergeFragments(readReasoningDetails(message["reasoning_details"]));
  if (details.length > 0) return details.map(toBlock);
  const text = readReasoningText(message);
  return text === "" ? [] : [{ type: "reasoning", text, signature: null }];
}

/** Visible reasoning under the names that servers give it. */
export function readReasoningText(message: JsonObject): string {
  return textOf(message["reasoning_content"]) ?? textOf(message["reasoning"]) ?? "";
}

function mergeFragments(details: readonly ReasoningDetail[]): ReasoningDetail[] {
  const merged: ReasoningDetail[] = [];
  for (const detail of details) {
    const last = merged.at(-1);
    if (last?.type === "reasoning.text" && detail.type === "reasoning.text" && last.index === detail.index) {
      const signature = detail.signature ?? last.signature;
      merged[merged.length - 1] = { ...last, text: last.text + detail.text, signature };
    } else {
      merged.push(detail);
    }
  }
  return merged;
}

function toBlock(detail: ReasoningDetail): ReasoningBlock | RedactedReasoningBlock {
  if (detail.type === "reasoning.encrypted") return { type: "redacted-reasoning", data: detail.data };
  return { type: "reasoning", text: detail.text, signature: detail.signature };
}

/** The list for a message with these blocks. */
export function formatReasoningDetails(blocks: readonly AssistantBlock[]): ReasoningDetail[] {
  const details: ReasoningDetail[] = [];
  for (const block of blocks) {
    const index = details.length;
    if (block.type === "reasoning") {
      details.push({ type: "reasoning.text", index, text: block.text, signature: block.signature });
    } else if (block.type === "redacted-reasoning") {
      details.push({ type: "reasoning.encrypted", index, data: block.data });
    }
  }
  return details;
}
