const bytesPerToken = 4;

/** Tokens of the text in OpenAI messages or an embeddings input: UTF-8 bytes / 4 per string, at least 1 in all. */
export function estimatePromptTokens(value: unknown): number {
  return Math.max(1, countTokens(value));
}

function countTokens(value: unknown): number {
  if (typeof value === "string") return Math.floor(Buffer.byteLength(value) / bytesPerToken);
  if (typeof value === "number") return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countTokens(item), 0);
  if (typeof value !== "object" || value === null) return 0;
  const { content, text } = value as Record<string, unknown>;
  return countTokens(content) + countTokens(text);
}
