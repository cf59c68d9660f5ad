import { arrayOf, objectOf, stringOf } from "../json-value.ts";

/** The text of a message's content: the string itself, or the joined text of its parts. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = arrayOf(content).map((part) => stringOf(part) ?? stringOf(objectOf(part)["text"]) ?? "");
  return texts.join("");
}

/** UTF-8 bytes of all strings in a prompt's messages, except the short ones that only name a role, a type or an id. */
export function promptBytes(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + promptBytes(item), 0);
  let bytes = 0;
  for (const [name, member] of Object.entries(objectOf(value))) {
    if (!namesOnly.has(name)) bytes += promptBytes(member);
  }
  return bytes;
}

const namesOnly = new Set(["role", "type", "id", "call_id", "tool_call_id", "tool_use_id", "cache_control"]);
