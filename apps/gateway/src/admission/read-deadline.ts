import { TokenHubError } from "@tokenhub/contracts";
import type { IncomingHttpHeaders } from "node:http";

/**
 * How long the caller waits, in milliseconds: the shortest of the gateway's own limit, `x-tokenhub-timeout-ms` and the
 * timeout official SDKs announce in `x-stainless-timeout` (seconds).
 * @throws TokenHubError `invalid_request` for a timeout that is no positive number.
 */
export function readWaitMs(headers: IncomingHttpHeaders, syncWaitMs: number): number {
  const announced = Number(headers["x-stainless-timeout"] ?? "");
  const fromSdk = Number.isFinite(announced) && announced > 0 ? announced * 1_000 : syncWaitMs;
  const explicit = headers["x-tokenhub-timeout-ms"];
  if (explicit === undefined) return Math.min(syncWaitMs, fromSdk);
  const timeoutMs = Number(explicit);
  if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) {
    throw new TokenHubError(
      "invalid_request",
      "x-tokenhub-timeout-ms must be a positive number of milliseconds.",
      { param: "x-tokenhub-timeout-ms" },
    );
  }
  return Math.min(syncWaitMs, fromSdk, timeoutMs);
}
