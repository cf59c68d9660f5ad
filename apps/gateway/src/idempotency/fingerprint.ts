import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { keptHeaders } from "../jobs/kept-headers.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Of a trace every attempt to send a request has a part of its own. */
const meaninglessHeaders: ReadonlySet<string> = new Set(["traceparent"]);

/** SHA-256 of a body, in hexadecimal digits: of JSON in its canonical form, of anything else as it is. */
export function hashOfText(text: string): string {
  return createHash("sha256")
    .update(canonicalJson(text) ?? text)
    .digest("hex");
}

/** SHA-256 of the headers that change what a request does. */
export function hashOfHeaders(headers: IncomingHttpHeaders): string {
  const kept = Object.entries(keptHeaders(headers))
    .filter(([name]) => !meaninglessHeaders.has(name))
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(kept)).digest("hex");
}

/** What tells one request under a key from another: the headers that matter, and the body. */
export function fingerprintOf(headers: IncomingHttpHeaders, bodyHash: string): string {
  return `${hashOfHeaders(headers)}.${bodyHash}`;
}
