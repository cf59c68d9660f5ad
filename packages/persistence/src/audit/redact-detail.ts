const longestJson = 8_000;
const longestText = 1_000;
const redacted = "[redacted]";
/** Names whose text is a secret wherever it turns up; `keyId`, `tokenPrefix` and the like are not among them. */
const secretName =
  /(^|[_-])?(password|passphrase|secret|token|api_?key|authorization|credential|cookie|private_?key)s?$/i;

/**
 * What an audit row keeps of a change: plain JSON of at most 8,000 characters, long texts cut, and text under a name that
 * says secret replaced. A last line of defence: callers pass no secrets.
 */
export function redactDetail(detail: unknown): string | null {
  if (detail === undefined || detail === null) return null;
  const text = JSON.stringify(detail, (name, value: unknown) => {
    if (typeof value !== "string") return value;
    if (name !== "" && secretName.test(name)) return redacted;
    return value.length > longestText ? `${value.slice(0, longestText).toWellFormed()}...` : value;
  });
  if (text === undefined) return null;
  if (text.length <= longestJson) return text;
  const fields = typeof detail === "object" ? Object.keys(detail).slice(0, 50) : [];
  return JSON.stringify({
    truncated: true,
    length: text.length,
    fields: fields.map((field) => field.slice(0, 100).toWellFormed()),
  });
}
