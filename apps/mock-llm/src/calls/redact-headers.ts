import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const digitsKept = 12;

/** Stands for a key in recorded headers: `sha256:` and the first 12 hexadecimal digits of its hash. */
export function credentialHash(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("hex").slice(0, digitsKept)}`;
}

/**
 * Request headers that may be stored: every credential is replaced by its hash, which still tells keys apart. The scheme in
 * `authorization` stays, and the hash is of the key after it.
 *
 * @example { authorization: "Bearer k" } -> { authorization: "Bearer sha256:..." }
 */
export function redactHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const redacted: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) redacted[name] = typeof value === "string" ? value : value.join(", ");
  }
  for (const name of ["x-api-key", "api-key", "cookie", "proxy-authorization"]) {
    const value = redacted[name];
    if (value !== undefined) redacted[name] = credentialHash(value);
  }
  const authorization = redacted["authorization"];
  if (authorization !== undefined) redacted["authorization"] = redactAuthorization(authorization);
  return redacted;
}

function redactAuthorization(value: string): string {
  const schemeEnd = value.indexOf(" ");
  if (schemeEnd < 0) return credentialHash(value);
  return `${value.slice(0, schemeEnd)} ${credentialHash(value.slice(schemeEnd + 1))}`;
}
