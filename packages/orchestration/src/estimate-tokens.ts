/** Tokens of a text by the product's estimate: a quarter of its UTF-8 bytes, rounded down. */
export function estimateTokens(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Each half of a surrogate pair counts 2; together they are the 4 bytes of their character.
    if (code < 0x80) bytes += 1;
    else if (code < 0x800 || (code >= 0xd800 && code < 0xe000)) bytes += 2;
    else bytes += 3;
  }
  return Math.floor(bytes / 4);
}
