/** A body of any length as every database takes it: PostgreSQL refuses U+0000, which no JSON and no event stream holds. */
export function storableBody(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}
