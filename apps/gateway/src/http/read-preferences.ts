import { TokenHubError } from "@tokenhub/contracts";
import type { IncomingHttpHeaders } from "node:http";

/** What a caller prefers about waiting (RFC 7240). */
export interface Preferences {
  /** Rather an accepted job than a long wait. */
  readonly respondAsync: boolean;
  /** How long the caller waits at most, in milliseconds; null: not stated. */
  readonly waitMs: number | null;
}

const none: Preferences = { respondAsync: false, waitMs: null };

/**
 * Reads `Prefer`: one comma-separated header or several. Unknown preferences are passed over, and of one that is stated twice
 * the first counts, as RFC 7240 wants it.
 * @throws TokenHubError `invalid_request` for a `wait` that is no number of seconds.
 */
export function readPreferences({ prefer }: IncomingHttpHeaders): Preferences {
  if (prefer === undefined) return none;
  const stated = new Map<string, string>();
  for (const preference of (Array.isArray(prefer) ? prefer.join(",") : prefer).split(",")) {
    const [name = "", value = ""] = (preference.split(";")[0] ?? "").split("=", 2);
    const key = name.trim().toLowerCase();
    if (!stated.has(key)) stated.set(key, value.trim().replaceAll('"', ""));
  }
  return { respondAsync: stated.has("respond-async"), waitMs: readWait(stated.get("wait")) };
}

function readWait(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1_000;
  throw new TokenHubError(
    "invalid_request",
    "`wait` in the Prefer header must be a whole number of seconds, e.g. `Prefer: respond-async, wait=10`.",
    { param: "Prefer" },
  );
}
