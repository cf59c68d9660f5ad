import { ConfigError } from "./config-error.ts";

const goUnitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const goPart = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/gy;
const isoDuration =
  /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const isoPartsMs = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000];

/**
 * Milliseconds of a duration in Go style (`720h`, `1h30m`, `250ms`, `1.5s`) or ISO 8601 (`PT1H30M`, `P1D`), rounded to
 * whole milliseconds. ISO years and months are refused because their length varies.
 * @throws ConfigError when the text is neither.
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  const durationMs = trimmed === "0" ? 0 : (parseGoDuration(trimmed) ?? parseIsoDuration(trimmed));
  if (durationMs === null || !Number.isSafeInteger(Math.round(durationMs))) {
    throw new ConfigError(
      `"${text}" is not a duration; write it like 250ms, 20s, 1h30m, 720h or, in ISO 8601, PT1H30M.`,
    );
  }
  return Math.round(durationMs);
}

function parseGoDuration(text: string): number | null {
  let totalMs = 0;
  let end = 0;
  for (const match of text.matchAll(goPart)) {
    totalMs += Number(match[1]) * (goUnitsMs[match[2] ?? ""] ?? Number.NaN);
    end = match.index + match[0].length;
  }
  return end > 0 && end === text.length ? totalMs : null;
}

function parseIsoDuration(text: string): number | null {
  const match = isoDuration.exec(text);
  if (match === null) return null;
  return isoPartsMs.reduce((totalMs, partMs, index) => totalMs + Number(match[index + 1] ?? 0) * partMs, 0);
}
