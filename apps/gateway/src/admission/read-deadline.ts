import { TokenHubError } from "@tokenhub/contracts";
import type { IncomingHttpHeaders } from "node:http";
import { readPreferences } from "../http/read-preferences.ts";

/** How long a caller waits for its answer, and how long the work may take. */
export interface Patience {
  readonly waitMs: number;
  /** After so long nobody wants the answer; null: the caller has set no end. */
  readonly limitMs: number | null;
}

/**
 * The wait is the shortest of the gateway's own limit, the `wait` of a Prefer header, `x-tokenhub-timeout-ms` and the timeout
 * official SDKs announce in `x-stainless-timeout` (seconds). The last two are also the end of the work: whoever states them
 * is gone then.
 * @throws TokenHubError `invalid_request` for a timeout that is no positive number.
 */
export function readPatience(headers: IncomingHttpHeaders, syncWaitMs: number): Patience {
  const announced = Number(headers["x-stainless-timeout"] ?? "");
  const fromSdk = Number.isFinite(announced) && announced > 0 ? announced * 1_000 : Infinity;
  const limitMs = Math.min(fromSdk, readTimeout(headers["x-tokenhub-timeout-ms"]) ?? Infinity);
  const preferredMs = readPreferences(headers).waitMs ?? Infinity;
  return {
    waitMs: Math.min(syncWaitMs, preferredMs, limitMs),
    limitMs: Number.isFinite(limitMs) ? limitMs : null,
  };
}

function readTimeout(stated: string | string[] | undefined): number | null {
  if (stated === undefined) return null;
  const timeoutMs = Number(stated);
  if (Number.isFinite(timeoutMs) && timeoutMs > 0) return timeoutMs;
  throw new TokenHubError(
    "invalid_request",
    "x-tokenhub-timeout-ms must be a positive number of milliseconds.",
    { param: "x-tokenhub-timeout-ms" },
  );
}
