import { TokenHubError } from "@tokenhub/contracts";
import type { IncomingHttpHeaders } from "node:http";

const longest = 255;
const quoted = /^"((?:[^"\\]|\\["\\])*)"$/;
const printable = /^[\x20-\x7e]+$/;

/**
 * The request's Idempotency-Key; bare, as clients send it, or in quotes, as the draft of the IETF has it, is the same key.
 * @returns null when there is none.
 * @throws TokenHubError `invalid_request` for one that is empty, too long, or not of printable ASCII characters.
 */
export function readIdempotencyKey(headers: IncomingHttpHeaders): string | null {
  const stated = headers["idempotency-key"];
  if (stated === undefined) return null;
  const text = Array.isArray(stated) ? stated.join(", ") : stated.trim();
  const [, inner] = quoted.exec(text) ?? [];
  const key = inner === undefined ? text : inner.replaceAll(/\\(["\\])/g, "$1");
  const isTorn = inner === undefined && text.startsWith('"');
  if (!isTorn && key.length <= longest && printable.test(key)) return key;
  throw new TokenHubError(
    "invalid_request",
    `The header Idempotency-Key must hold 1 to ${longest} printable ASCII characters, bare or in double quotes. Send e.g. a UUID, or leave the header out.`,
    { param: "Idempotency-Key" },
  );
}
