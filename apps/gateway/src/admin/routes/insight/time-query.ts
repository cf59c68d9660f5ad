import { TokenHubError } from "@tokenhub/contracts";
import { z } from "zod";

/** A time in a query: RFC 3339 with its zone, or Unix milliseconds. Gives Unix milliseconds. */
export const timeQuery = z
  .string()
  .max(64)
  .transform((text, context) => {
    const timeMs = /^-?\d{1,16}$/.test(text) ? Number(text) : readRfc3339(text);
    if (Number.isFinite(timeMs) && Math.abs(timeMs) <= 8.64e15) return timeMs;
    context.addIssue({
      code: "custom",
      message: "write a time like 2027-01-31T12:00:00Z, or Unix milliseconds",
    });
    return z.NEVER;
  })
  .meta({ description: "RFC 3339, or Unix milliseconds." });

/** A `+` of a zone arrives as a space from clients that do not escape it. */
function readRfc3339(text: string): number {
  const repaired = text.replace(/ (\d{2}:\d{2})$/, "+$1");
  const isComplete = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/.test(
    repaired,
  );
  return isComplete ? Date.parse(repaired.replace(" ", "T")) : Number.NaN;
}

/** @throws TokenHubError `invalid_request` when a range ends before it begins. */
export function requireOrder({
  fromMs,
  toMs,
}: {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}): void {
  if (fromMs === undefined || toMs === undefined || fromMs <= toMs) return;
  throw new TokenHubError("invalid_request", "The range ends before it begins. Exchange its two times.", {
    param: "from",
  });
}
