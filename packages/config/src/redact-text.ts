const replacements: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, "$1 [secret]"],
  [/\b(?:sk|pk|rk|gsk|xai)-[A-Za-z0-9_-]{8,}/g, "[secret]"],
  [/\btokenhub_[0-9a-fA-F]{16,}/g, "[secret]"],
  [/\bAIza[A-Za-z0-9_-]{30,}/g, "[secret]"],
  [/(:\/\/[^\s/:@]*):[^\s/@]+@/g, "$1:[secret]@"],
];

/**
 * Replaces whatever looks like a credential in free text: bearer tokens, provider keys, our own keys and passwords in
 * URLs. A safety net for messages of other software; our own code never puts a secret into a text.
 */
export function redactText(text: string): string {
  let result = text;
  for (const [pattern, replacement] of replacements) result = result.replace(pattern, replacement);
  return result;
}
