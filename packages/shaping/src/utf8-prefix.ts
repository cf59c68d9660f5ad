export interface Utf8Prefix {
  /** Length of the prefix in UTF-16 units, as `slice` counts. */
  readonly length: number;
  readonly bytes: number;
}

/**
 * The longest beginning of a text that fits into `maxBytes` bytes of UTF-8 and never ends inside a code point. Looks at no more
 * of the text than that. A lone surrogate counts 3 bytes, as an encoder's replacement does.
 */
export function utf8Prefix(text: string, { maxBytes }: { readonly maxBytes: number }): Utf8Prefix {
  let bytes = 0;
  let at = 0;
  while (at < text.length) {
    const codePoint = text.codePointAt(at) ?? 0;
    const size = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    if (bytes + size > maxBytes) break;
    bytes += size;
    at += size === 4 ? 2 : 1;
  }
  return { length: at, bytes };
}
