/** A provider's own words about a failure. Null: it did not say. */
export interface ErrorWords {
  readonly message: string | null;
  readonly code: string | null;
  readonly type: string | null;
}

const noWords: ErrorWords = { message: null, code: null, type: null };

/**
 * Reads an error body in any shape that OpenAI, Anthropic and the servers compatible with them send:
 * `{"error":{"message","type","code"}}`, `{"type":"error","error":{...}}`, `{"error":"text"}`, `{"detail":"text"}`,
 * `{"object":"error","message",...}`, a list with one of these, or plain text. HTML pages say nothing.
 */
export function readErrorBody(bodyText: string): ErrorWords {
  const text = bodyText.trim();
  if (text === "") return noWords;
  const parsed = parseJson(text);
  if (parsed === undefined) return text.startsWith("<") ? noWords : { ...noWords, message: text };
  return readErrorValue(parsed);
}

/**
 * True for a body that reports an error although its status says success: an `error` member without an answer beside
 * it, or Anthropic's and vLLM's error envelopes.
 */
export function isErrorValue(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (value["type"] === "error" || value["object"] === "error") return true;
  const error = value["error"];
  if (error === undefined || error === null || error === "" || error === false) return false;
  return value["choices"] === undefined && value["content"] === undefined && value["data"] === undefined;
}

function readErrorValue(value: unknown): ErrorWords {
  if (typeof value === "string") return { ...noWords, message: value };
  if (Array.isArray(value)) return value.length === 0 ? noWords : readErrorValue(value[0]);
  if (!isRecord(value)) return noWords;
  const { error, response } = value;
  // An event that says that a response failed has the error inside it.
  const inner = error ?? (isRecord(response) ? response["error"] : undefined);
  if (typeof inner === "string") return { ...flatWords(value), message: inner };
  return flatWords(isRecord(inner) ? inner : value);
}

function flatWords(value: Record<string, unknown>): ErrorWords {
  const type = asText(value["type"]);
  return {
    message: asText(value["message"]) ?? detailText(value["detail"]),
    code: asText(value["code"]) ?? asText(value["status"]),
    type: type === "error" ? null : type,
  };
}

/** `detail` of a FastAPI server: a sentence, or a list of findings with a `msg` each. */
function detailText(detail: unknown): string | null {
  if (!Array.isArray(detail)) return asText(detail);
  const findings = detail.flatMap((finding) => (isRecord(finding) ? (asText(finding["msg"]) ?? []) : []));
  return findings.length === 0 ? null : findings.join("; ");
}

function asText(value: unknown): string | null {
  if (typeof value === "string") return value === "" ? null : value;
  return typeof value === "number" ? String(value) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an expected shape here: the caller falls back to plain text.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
