import type { GetRequestInput, HttpRequestInput } from "./provider-definition.ts";

/** Headers that describe the connection or the framing; a configured one would break the request. */
const ownedByTheClient = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Headers that every HTTP provider gets, by lower-case name: the configured extra ones, then ours, then `own`
 * (credential and protocol version), so that a configured header never replaces a credential. Compression is declined: bodies are small,
 * and it would hold stream events back.
 */
export function requestHeaders(
  input: Pick<HttpRequestInput, "headers" | "stream">,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": "tokenhub" };
  for (const [name, value] of Object.entries(input.headers)) {
    const lowerCaseName = name.toLowerCase();
    if (!ownedByTheClient.has(lowerCaseName)) headers[lowerCaseName] = value;
  }
  headers["content-type"] = "application/json";
  headers["accept-encoding"] = "identity";
  headers["accept"] = input.stream ? "text/event-stream" : "application/json";
  return Object.assign(headers, own);
}

/** The same for a request without a body. */
export function getHeaders(
  { headers: configured }: Pick<GetRequestInput, "headers">,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const { "content-type": _noBody, ...headers } = requestHeaders({ headers: configured, stream: false }, own);
  return headers;
}
