const longest = 1_000;

/**
 * Text from outside as every database takes it: PostgreSQL refuses U+0000, and one refused row would hold up all that
 * come after it. Cut at 1,000 characters, which no name of ours reaches.
 */
export function storableText<Text extends string | null>(
  text: Text,
): Text extends null ? string | null : string;
export function storableText(text: string | null): string | null {
  if (text === null) return null;
  if (text.length <= longest && text.isWellFormed() && !text.includes("\0")) return text;
  return text.slice(0, longest).toWellFormed().replaceAll("\0", "\uFFFD");
}
