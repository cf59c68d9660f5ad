import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "./config-error.ts";

/** What a module of the operator's own exports. It is code that runs with all rights of the process. */
export type ModuleExports = Readonly<Record<string, unknown>>;

const defaultTimeoutMs = 30_000;

/**
 * The URL to import of a module that an operator names: a file below the base directory, or a package that is installed there.
 * @throws Error whose message completes "cannot be used: ".
 */
export function operatorModuleUrl(module: string, baseDirectory: string): string {
  if (module.startsWith("file:")) return module;
  if (/^[a-z][a-z+.-]+:/i.test(module)) throw new Error("only files and installed packages can be modules");
  const isPath = /^\.{0,2}[/\\]/.test(module) || /\.[cm]?[jt]s$/.test(module);
  if (isPath) return pathToFileURL(resolve(baseDirectory, module)).href;
  try {
    const here = createRequire(join(resolve(baseDirectory), "operator-modules.js"));
    return pathToFileURL(here.resolve(module)).href;
  } catch (cause) {
    throw new Error("there is no such package; begin a path with ./", { cause });
  }
}

/** The outcome of the work, which has 30 s unless told otherwise. @throws Error whose message completes "cannot be used: ". */
export async function inLoadTime<Result>(
  work: Promise<Result>,
  timeoutMs: number = defaultTimeoutMs,
): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = (): void => reject(new Error(`it was not ready within ${timeoutMs / 1_000} s`));
  const timer = setTimeout(late, timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

export interface UseOperatorModulesOptions {
  /** The setting that names the modules, for messages. */
  readonly setting: string;
  /** Relative paths begin here, and packages are looked for from here. */
  readonly baseDirectory: string;
  /** For one module. Default: 30 s. */
  readonly timeoutMs?: number;
  /** Takes what a module exports; throws what is wrong with it. */
  readonly use: (exported: ModuleExports) => void;
}

/**
 * Imports modules of the operator's own one after the other and hands on what each exports.
 * @throws ConfigError, one sentence that names the module, when one cannot be imported in time or used.
 */
export async function useOperatorModules(
  modules: readonly string[],
  { setting, baseDirectory, timeoutMs, use }: UseOperatorModulesOptions,
): Promise<void> {
  for (const module of modules) {
    try {
      const url = operatorModuleUrl(module, baseDirectory);
      use(await inLoadTime(import(url) as Promise<ModuleExports>, timeoutMs));
    } catch (cause) {
      const reason = asPartOfSentence(cause instanceof Error ? cause.message : String(cause));
      throw new ConfigError(
        `${setting} names "${module}", which cannot be used: ${reason}; mend the module or take it out.`,
        { cause },
      );
    }
  }
}

/** Syntax errors come with several lines. */
function asPartOfSentence(message: string): string {
  return message.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "");
}
