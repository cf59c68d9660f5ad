import { ConfigError } from "@tokenhub/config";
import { modeRegistry, validateCustomMode, type ModeRegistry, type RunMode } from "@tokenhub/orchestration";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * The product's modes and the operator's own, one module each: the same that the orchestrator workers run. A module is code
 * that runs with all rights of the process.
 * @param baseDirectory where relative paths begin.
 * @throws ConfigError naming the module that cannot be imported, or that exports no mode.
 */
export async function loadModes(
  paths: readonly string[],
  { baseDirectory }: { readonly baseDirectory: string },
): Promise<ModeRegistry> {
  const modes: RunMode[] = [];
  let registry = modeRegistry();
  for (const path of paths) {
    const url = path.startsWith("file:") ? path : pathToFileURL(resolve(baseDirectory, path)).href;
    try {
      modes.push(validateCustomMode((await import(url)) as Readonly<Record<string, unknown>>));
      registry = modeRegistry(modes);
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
      throw new ConfigError(
        `TOKENHUB_ORCHESTRATION_MODES names "${path}", which cannot be used: ${reason}; mend the module or take it out.`,
        { cause: error },
      );
    }
  }
  return registry;
}
