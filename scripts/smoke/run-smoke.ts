import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runScenario, type SmokeOutcome } from "./run-scenario.ts";
import { passwordScenario } from "./scenarios/password-scenario.ts";
import { sampleScenario } from "./scenarios/sample-scenario.ts";
import type { SmokeScenario } from "./smoke-example.ts";

export const smokeScenarios: readonly SmokeScenario[] = [passwordScenario, sampleScenario];

export interface RunSmokeOptions {
  readonly root: string;
  readonly print: (line: string) => void;
  /** How long everything may take together. */
  readonly limitMs: number;
  readonly scenarios?: readonly SmokeScenario[];
}

/** Runs every scenario with a TokenHub of its own and prints a line per example; nothing is left running. */
export async function runSmoke(options: RunSmokeOptions): Promise<readonly SmokeOutcome[]> {
  const { root, print, limitMs, scenarios = smokeScenarios } = options;
  const signal = AbortSignal.timeout(limitMs);
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-smoke-"));
  const outcomes: SmokeOutcome[] = [];
  const onOutcome = (outcome: SmokeOutcome): void => {
    outcomes.push(outcome);
    print(lineOf(outcome));
  };
  try {
    for (const [index, scenario] of scenarios.entries()) {
      print(`${scenario.name}:`);
      const place = { root, signal, folder: path.join(folder, String(index)), onOutcome };
      await runScenario(scenario, place).catch((error: unknown) => {
        const note = error instanceof Error ? error.message : String(error);
        onOutcome({ name: scenario.name, state: "failed", note });
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return outcomes;
}

function lineOf({ name, state, note }: SmokeOutcome): string {
  return `  ${state.padEnd(7)}  ${name}${note === "" ? "" : `: ${note}`}`;
}
