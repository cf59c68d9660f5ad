import { ConfigError, parseDuration } from "@tokenhub/config";
import { z } from "zod";

/** Largest budget: billionths of a dollar stay exact up to here. */
const maxBudgetUsd = 9_000_000;
const maxRequestsPerSecond = 1_000_000;

/** What people call something. */
export const nameField = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, "control characters are not allowed");

/** An id that an operator chooses. */
export const chosenIdField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "use letters, digits, '.', '_' and '-' (at most 64)");

/** US dollars per calendar month. */
export const budgetField = z
  .number()
  .min(0)
  .max(maxBudgetUsd)
  .nullable()
  .meta({ description: "US dollars per calendar month in UTC; 0 or null: no budget." });

/** Requests per second. */
export const rateField = z
  .number()
  .max(maxRequestsPerSecond)
  .refine((rps) => rps >= 0 || rps === -1, "use -1 (unlimited), 0 (the installation's default) or more")
  .nullable()
  .meta({ description: "0 or null: the installation's default; -1: unlimited." });

/** A duration in Go style or ISO 8601, in milliseconds. */
export const durationField = z
  .string()
  .max(64)
  .transform((text, context) => {
    try {
      return parseDuration(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.addIssue({ code: "custom", message: "write a duration like 720h, 1h30m or PT1H30M" });
      return z.NEVER;
    }
  })
  .meta({ description: "A duration such as 720h, 1h30m or PT1H30M." });

/** A time in ISO 8601 with its zone, in Unix milliseconds. */
export const timeField = z.iso
  .datetime({ offset: true, message: "write a time like 2027-01-31T12:00:00Z" })
  .transform((text) => Date.parse(text));

/** `true` or `false` in a query. */
export const truthQuery = z.enum(["true", "false"]).transform((text) => text === "true");

/** Billionths of a dollar; none for 0 and null. */
export function nanoUsdOf(usd: number | null): number | null {
  return usd === null || usd === 0 ? null : Math.round(usd * 1e9);
}

export function usdOf(nanoUsd: number | null): number | null {
  return nanoUsd === null ? null : nanoUsd / 1e9;
}

/** A time as answers show it. */
export function timeText(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}
