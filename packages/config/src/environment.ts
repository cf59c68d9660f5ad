import { ConfigError } from "./config-error.ts";
import { parseDuration } from "./duration.ts";
import { readSecretFile } from "./secret-file.ts";
import { Secret } from "./secret.ts";

/** The variables of a process, given explicitly so that tests and several services in one process can differ. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface IntegerBounds {
  readonly min?: number;
  readonly max?: number;
}

/**
 * Typed readers over one environment. Each gives null when the variable is unset or empty (only white space counts as
 * empty), and throws a {@link ConfigError} that names the variable when the value has the wrong form.
 */
export interface EnvironmentReader {
  readonly envString: (name: string) => string | null;
  /** Also from the file that `<name>_FILE` names, which an orchestrator or a secret manager keeps. */
  readonly envSecret: (name: string) => Secret | null;
  readonly envInteger: (name: string, bounds?: IntegerBounds) => number | null;
  readonly envNumber: (name: string, bounds?: IntegerBounds) => number | null;
  /** `true` or `false`, nothing else. */
  readonly envBoolean: (name: string) => boolean | null;
  readonly envDurationMs: (name: string) => number | null;
  /** Comma-separated, entries trimmed, empty entries dropped; null when nothing is left. */
  readonly envList: (name: string) => readonly string[] | null;
  /** One of a few lower-case words, in any case. */
  readonly envChoice: <Choice extends string>(name: string, choices: readonly Choice[]) => Choice | null;
}

/** Readers over `environment`; nothing else in the product looks at environment variables. */
export function readEnvironment(environment: Environment): EnvironmentReader {
  const envString = (name: string): string | null => environment[name]?.trim() || null;
  const read = <Value>(name: string, parse: (text: string) => Value): Value | null => {
    const text = envString(name);
    return text === null ? null : parse(text);
  };
  return {
    envString,
    envSecret: (name) => {
      const text = envString(name) ?? read(`${name}_FILE`, (path) => secretOfFile(path, `${name}_FILE`));
      return text === null ? null : new Secret(text);
    },
    envInteger: (name, bounds) => read(name, (text) => parseNumber(text, { name, bounds, whole: true })),
    envNumber: (name, bounds) => read(name, (text) => parseNumber(text, { name, bounds, whole: false })),
    envBoolean: (name) =>
      read(name, (text) => parseChoice(text, { name, choices: ["true", "false"] }) === "true"),
    envDurationMs: (name) => read(name, (text) => parseNamedDuration(text, name)),
    envList: (name) => read(name, splitList),
    envChoice: (name, choices) => read(name, (text) => parseChoice(text.toLowerCase(), { name, choices })),
  };
}

/** @throws ConfigError when the file is missing or empty: who names one means that there is a secret. */
function secretOfFile(path: string, name: string): string {
  const secret = readSecretFile(path)?.trim() ?? "";
  if (secret !== "") return secret;
  throw new ConfigError(
    `${name} names ${path}, which holds no secret; correct the path, or put the secret there.`,
  );
}

interface NumberRule {
  readonly name: string;
  readonly bounds: IntegerBounds | undefined;
  readonly whole: boolean;
}

function parseNumber(text: string, { name, bounds, whole }: NumberRule): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds ?? {};
  const value = (whole ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i).test(text)
    ? Number(text)
    : Number.NaN;
  if (value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
  throw new ConfigError(
    `${name} is "${text}"; set it to a ${whole ? "whole " : ""}number ${range}, or leave it empty.`,
  );
}

function parseChoice<Choice extends string>(
  text: string,
  { name, choices }: { readonly name: string; readonly choices: readonly Choice[] },
): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new ConfigError(`${name} is "${text}"; set it to ${choices.join(" or ")}, or leave it empty.`);
}

function parseNamedDuration(text: string, name: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new ConfigError(`${name} is wrong: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function splitList(text: string): readonly string[] | null {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return entries.length === 0 ? null : entries;
}
