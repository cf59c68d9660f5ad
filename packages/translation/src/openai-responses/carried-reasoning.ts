import type { ReasoningBlock, RedactedReasoningBlock } from "../canonical.ts";
import { objectsOf, textOf, type JsonObject } from "../json-value.ts";

/**
 * Signed and redacted reasoning of another vendor inside `encrypted_content` of a reasoning item, so that it survives a
 * client that speaks Responses and gives its items back. The prefix tells it from the vendor's own, which only the vendor
 * can read.
 */
const signaturePrefix = "tokenhub-signature:";
const redactedPrefix = "tokenhub-redacted:";

/** `encrypted_content` of a reasoning block; null when it has nothing to be given back. */
export function formatEncryptedContent(block: ReasoningBlock | RedactedReasoningBlock): string | null {
  if (block.type === "redacted-reasoning") return redactedPrefix + block.data;
  return block.signature === null ? null : signaturePrefix + block.signature;
}

/** What a reasoning item of ours holds; null for one that carries the vendor's own encrypted reasoning. */
export function readReasoningItem(item: JsonObject): (ReasoningBlock | RedactedReasoningBlock)[] | null {
  const encrypted = textOf(item["encrypted_content"]) ?? "";
  if (encrypted.startsWith(redactedPrefix)) {
    return [{ type: "redacted-reasoning", data: encrypted.slice(redactedPrefix.length) }];
  }
  const isSigned = encrypted.startsWith(signaturePrefix);
  if (encrypted !== "" && !isSigned) return null;
  const text = readReasoningItemText(item);
  const signature = isSigned ? encrypted.slice(signaturePrefix.length) : null;
  return text === "" && signature === null ? [] : [{ type: "reasoning", text, signature }];
}

/** The visible text of a reasoning item: its content where the model shows it, else its summary. */
export function readReasoningItemText(item: JsonObject): string {
  const content = objectsOf(item["content"]).map((part) => textOf(part["text"]) ?? "");
  if (content.length > 0) return content.join("");
  return objectsOf(item["summary"])
    .map((part) => textOf(part["text"]) ?? "")
    .join("\n\n");
}
