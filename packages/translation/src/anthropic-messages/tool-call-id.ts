import { decodeBase64Text, encodeBase64Text } from "../data-url.ts";

const prefix = "th64_";
const allowed = /^[a-zA-Z0-9_-]+$/;

/**
 * Anthropic takes tool call ids of `[a-zA-Z0-9_-]` only. Every other id (`functions.search:0`, an empty one) is written as
 * `th64_` and its base64url form, the same each time, so that calls and results still match and
 * {@link decodeToolCallId} gives the provider that made the id its own back.
 */
export function encodeToolCallId(id: string): string {
  if (allowed.test(id) && !id.startsWith(prefix)) return id;
  const base64 = encodeBase64Text(id);
  return prefix + base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The id that {@link encodeToolCallId} was given; ids it did not make come back as they are. */
export function decodeToolCallId(id: string): string {
  if (!id.startsWith(prefix)) return id;
  const base64 = id.slice(prefix.length).replaceAll("-", "+").replaceAll("_", "/");
  const decoded = decodeBase64Text(base64);
  return decoded !== null && encodeToolCallId(decoded) === id ? decoded : id;
}
