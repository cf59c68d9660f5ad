import { mkdirSync } from "node:fs";
import path from "node:path";
import { judgeAnswer } from "./judge-answer.ts";
import { runCurlCommand, writeCurlConfiguration } from "./run-curl-command.ts";
import type { SmokeExample, SmokeScenario } from "./smoke-example.ts";
import { generateKey, startProduct, startStandIn, type Installation } from "./start-product.ts";

export interface SmokeOutcome {
  readonly name: string;
  readonly state: "ok" | "failed";
  /** What is wrong; empty when it is ok. */
  readonly note: string;
}

export interface RunScenarioOptions extends Installation {
  /** An empty folder for everything that the run leaves behind. */
  readonly folder: string;
  readonly onOutcome: (outcome: SmokeOutcome) => void;
}

/** Starts TokenHub as the scenario says, runs its examples one after the other and stops everything again. */
export async function runScenario(scenario: SmokeScenario, options: RunScenarioOptions): Promise<void> {
  const { folder, onOutcome, signal } = options;
  mkdirSync(folder, { recursive: true });
  await using cleanup = new AsyncDisposableStack();
  const standIn = scenario.usesStandIn ? cleanup.use(await startStandIn(options)) : null;
  const product = cleanup.use(
    await startProduct({
      ...options,
      dataFolder: path.join(folder, "data"),
      configuration: scenario.configuration === null ? null : sampleFile(scenario.configuration),
      environment: {
        ...scenario.environment,
        ...(standIn === null ? {} : await providersAt(standIn.url, options)),
      },
    }),
  );
  writeCurlConfiguration(folder, product);
  for (const example of scenario.examples) onOutcome(await runExample(example, { curlHome: folder, signal }));
  const code = await product.stop();
  if (code !== 0) throw new Error(`TokenHub ended with exit code ${String(code)} when it was asked to stop.`);
}

export function sampleFile(name: string): string {
  return path.join(import.meta.dirname, "samples", name);
}

/** The variables that a user of the configuration samples sets, with the stand-in in the place of the providers. */
async function providersAt(url: string, installation: Installation): Promise<Record<string, string>> {
  return {
    TOKENHUB_ENCRYPTION_KEY: await generateKey(installation),
    OPENAI_API_KEY: "your-openai-key",
    ANTHROPIC_API_KEY: "your-anthropic-key",
    TOKENHUB_OPENAI_BASE_URL: url,
    TOKENHUB_ANTHROPIC_BASE_URL: url,
    TOKENHUB_VLLM_LOCAL_BASE_URL: url,
  };
}

async function runExample(
  example: SmokeExample,
  where: { readonly curlHome: string; readonly signal: AbortSignal },
): Promise<SmokeOutcome> {
  const { name, command } = example;
  const problem = await runCurlCommand(command, where).then(
    (answer) => judgeAnswer(example, answer),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return { name, state: problem === null ? "ok" : "failed", note: problem ?? "" };
}
