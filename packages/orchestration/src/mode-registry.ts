import { TokenHubError } from "@tokenhub/contracts";
import { adversarialMode } from "./modes/adversarial.ts";
import { planningMode } from "./modes/planning.ts";
import { refineMode } from "./modes/refine.ts";
import { voteMode } from "./modes/vote.ts";
import type { RunMode } from "./run-mode.ts";
import { validateCustomMode } from "./validate-custom-mode.ts";

/** The modes that come with the product. */
export const builtInModes: readonly RunMode[] = [planningMode, adversarialMode, voteMode, refineMode];

export interface ModeRegistry {
  /** The mode of this name, in its latest version unless one is named; null when there is none. */
  find(name: string, version?: number): RunMode | null;
  /** Every name once, the product's own first. */
  names(): string[];
  /** The latest version of each mode. */
  latest(): RunMode[];
}

/** Gathers the operator's own modes, one module after the other. */
export interface ModeCollection {
  /** @throws TokenHubError for exports that are no mode, or one of a name and version that there is already. */
  readonly add: (moduleExports: Readonly<Record<string, unknown>>) => void;
  readonly registry: () => ModeRegistry;
}

export function collectModes(): ModeCollection {
  let modes: readonly RunMode[] = [];
  let registry = modeRegistry();
  return {
    add(moduleExports) {
      const more = [...modes, validateCustomMode(moduleExports)];
      registry = modeRegistry(more);
      modes = more;
    },
    registry: () => registry,
  };
}

/** @throws TokenHubError `already_exists` when two modes have the same name and version */
export function modeRegistry(customModes: readonly RunMode[] = []): ModeRegistry {
  const versions = new Map<string, Map<number, RunMode>>();
  for (const mode of [...builtInModes, ...customModes]) {
    const known = versions.get(mode.name) ?? new Map<number, RunMode>();
    if (known.has(mode.version))
      throw new TokenHubError(
        "already_exists",
        `There are two orchestration modes named \`${mode.name}\` of version ${mode.version}.`,
      );
    versions.set(mode.name, known.set(mode.version, mode));
  }
  const find = (name: string, version?: number): RunMode | null => {
    const known = versions.get(name);
    return known?.get(version ?? Math.max(...known.keys())) ?? null;
  };
  return {
    find,
    names: () => [...versions.keys()],
    latest: () => [...versions.keys()].flatMap((name) => find(name) ?? []),
  };
}
