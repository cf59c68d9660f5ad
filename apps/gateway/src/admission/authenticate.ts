import { TokenHubError } from "@tokenhub/contracts";
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Who a request runs as. */
interface Caller {
  readonly tenantId: string;
}

export interface AuthenticatorOptions {
  /** `open` lets requests without credentials in; a wrong key is refused in both modes. */
  readonly mode: "keys" | "open";
  readonly apiKeys: readonly string[];
}

export type Authenticator = (headers: IncomingHttpHeaders) => Caller;

/**
 * Checks the caller's key, from `x-api-key`, `api-key` or a bearer token, in constant time against keyed hashes.
 * @throws TokenHubError `missing_api_key`, `invalid_api_key`.
 */
export function createAuthenticator({ mode, apiKeys }: AuthenticatorOptions): Authenticator {
  const pepper = randomBytes(32).toString("hex");
  // One-shot hashing is several times faster than a keyed hash object; the pepper in front plays the key's part.
  const digest = (key: string): Buffer => hash("sha256", pepper + key, "buffer");
  const known = apiKeys.map(digest);

  return (headers) => {
    const presented = presentedKey(headers);
    if (presented === null) {
      if (mode === "open") return { tenantId: "anonymous" };
      throw new TokenHubError(
        "missing_api_key",
        "No API key was sent. Send it as `Authorization: Bearer <key>` or `x-api-key: <key>`.",
      );
    }
    const presentedDigest = digest(presented);
    let isKnown = false;
    for (const candidate of known) isKnown = timingSafeEqual(candidate, presentedDigest) || isKnown;
    if (!isKnown)
      throw new TokenHubError(
        "invalid_api_key",
        "The API key is not known here. Check it, or ask the operator for a new one.",
      );
    return { tenantId: "default" };
  };
}

function presentedKey(headers: IncomingHttpHeaders): string | null {
  const direct = headers["x-api-key"] ?? headers["api-key"];
  if (typeof direct === "string" && direct.trim() !== "") return direct.trim();
  const match = /^Bearer\s+(\S.*)$/i.exec(headers.authorization ?? "");
  return match?.[1]?.trim() ?? null;
}
