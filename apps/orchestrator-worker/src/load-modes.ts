import { ConfigError } from "@tokenhub/config";
import { modeRegistry, validateCustomMode, type ModeRegistry, type RunMode } from "@tokenhub/orchestration";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

export interface LoadModesOptions {
  /** Relative paths begin here. */
  readonly baseDirectory: string;
  readonly timeoutMs?: number;
}

/** As long as any module of an operator may take. */
const loadTimeoutMs = 30_000;

/**
 * The product's modes and the operator's own, one module each. A module is code that runs with all rights of the process.
 * @throws ConfigError naming the module when it cannot be imported within 30 s, throws, or exports no mode or one of a name
 * and version that there is already.
 */
export async function loadModes(
  paths: readonly string[],
  { baseDirectory, timeoutMs = loadTimeoutMs }: LoadModesOptions,
): Promise<ModeRegistry> {
  const modes: RunMode[] = [];
  let registry = modeRegistry();
  for (const path of paths) {
    try {
      modes.push(validateCustomMode(await importInTime(urlOf(path, baseDirectory), timeoutMs)));
      registry = modeRegistry(modes);
    } catch (error) {
      const reason = sentenceOf(error instanceof Error ? error.message : String(error));
      throw new ConfigError(
        `TOKENHUB_ORCHESTRATION_MODES names "${path}", which cannot be used: ${reason}; mend the module or take it out.`,
        { cause: error },
      );
    }
  }
  return registry;
}

/** An error's words as a part of one sentence: syntax errors come with several lines. */
function sentenceOf(message: string): string {
  return message.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "");
}

function urlOf(path: string, baseDirectory: string): string {
  if (path.startsWith("file:")) return path;
  if (/^[a-z][a-z+.-]+:/i.test(path)) throw new Error("only files can be modes of orchestration");
  return pathToFileURL(resolve(baseDirectory, path)).href;
}

async function importInTime(url: string, timeoutMs: number): Promise<Readonly<Record<string, unknown>>> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`it was not ready within ${timeoutMs / 1_000} s`)),
    timeoutMs,
  );
  try {
    return (await Promise.race([import(url), promise])) as Readonly<Record<string, unknown>>;
  } finally {
    clearTimeout(timer);
  }
}
