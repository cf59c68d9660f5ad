import { utf8Prefix } from "../utf8-prefix.ts";

/** A token counts as this many bytes of UTF-8 where texts are cut. */
const bytesPerToken = 4;
const ellipsis = "...";

/**
 * Cuts a text to `maxTokens` × 4 bytes of UTF-8, never inside a character, and shows the cut as `...` behind it. A text that
 * fits is returned as it is.
 */
export function truncateText(text: string, { maxTokens }: { readonly maxTokens: number }): string {
  const { length } = utf8Prefix(text, { maxBytes: maxTokens * bytesPerToken });
  return length === text.length ? text : text.slice(0, length) + ellipsis;
}
