import { parseArgs } from "node:util";
import { findScenarios, goalScenarioIds, scenarios, type Scenario } from "./scenarios.ts";

export const targetNames = ["direct", "bare-proxy", "portkey", "tokenhub"] as const;
export type TargetName = (typeof targetNames)[number];

export const extraNames = ["routing", "start-up"] as const;
export type ExtraName = (typeof extraNames)[number];

export interface BenchOptions {
  readonly isQuick: boolean;
  readonly targets: readonly TargetName[];
  readonly scenarios: readonly Scenario[];
  /** Measurements that are not a load scenario. */
  readonly extras: readonly ExtraName[];
  readonly rounds: number;
  /** Measured time of one cell, in milliseconds; the warm-up comes on top. */
  readonly measureMs: number;
  readonly warmUpMs: number;
  /** Folder of `latest.json` and `latest.md`. */
  readonly outFolder: string;
}

/** A mistake on the command line; the message is one sentence for the person who typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usageText = `npm run bench -- [flags]
  --quick             only the scenarios of the goals, 3 short rounds (about 4 minutes)
  --targets a,b       of: ${targetNames.join(", ")}
  --scenarios a,b     of: ${[...scenarios.map(({ id }) => id), ...extraNames].join(", ")}
  --rounds n          default 5, with --quick 3
  --seconds s         measured time per cell; default 4, with --quick 1.5
  --out folder        default bench/results
`;

/**
 * Reads the flags of `npm run bench`.
 *
 * @throws UsageError when a flag or one of its values is unknown.
 */
export function parseOptions(
  args: readonly string[],
  defaults: { readonly outFolder: string },
): BenchOptions {
  const values = readFlags(args);
  const isQuick = values.quick ?? false;
  const measureMs = readNumber("seconds", { value: values.seconds, fallback: isQuick ? 1.5 : 4 }) * 1_000;
  const wanted = values.scenarios === undefined ? defaultScenarios(isQuick) : splitList(values.scenarios);
  const extras = extraNames.filter((name) => wanted.includes(name));
  return {
    isQuick,
    targets: values.targets === undefined ? targetNames : readTargets(splitList(values.targets)),
    scenarios: readScenarios(wanted.filter((name) => !extras.some((extra) => extra === name))),
    extras,
    rounds: Math.ceil(readNumber("rounds", { value: values.rounds, fallback: isQuick ? 3 : 5 })),
    measureMs,
    warmUpMs: Math.min(1_000, measureMs / 3),
    outFolder: values.out ?? defaults.outFolder,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean" },
        targets: { type: "string" },
        scenarios: { type: "string" },
        rounds: { type: "string" },
        seconds: { type: "string" },
        out: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function defaultScenarios(isQuick: boolean): string[] {
  return [...(isQuick ? goalScenarioIds : scenarios.map(({ id }) => id)), ...extraNames];
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readTargets(names: readonly string[]): TargetName[] {
  const unknown = names.find((name) => !targetNames.some((known) => known === name));
  if (unknown !== undefined) throw new UsageError(`--targets: there is no "${unknown}".`);
  return targetNames.filter((known) => names.includes(known));
}

function readScenarios(ids: readonly string[]): Scenario[] {
  const found = findScenarios(ids);
  if (found.kind === "unknown") throw new UsageError(`--scenarios: there is no "${found.id}".`);
  return found.scenarios;
}

function readNumber(
  flag: string,
  { value, fallback }: { readonly value: string | undefined; readonly fallback: number },
): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (value.trim() !== "" && number > 0 && number < 10_000) return number;
  throw new UsageError(`--${flag} must be a number above 0, not "${value}".`);
}
