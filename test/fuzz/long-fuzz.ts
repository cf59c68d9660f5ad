import { startTestRedis } from "@tokenhub/testkit";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { findAftermath } from "./aftermath.ts";
import { startFuzzSite } from "./fuzz-site.ts";
import { runFuzz } from "./run-fuzz.ts";

export interface LongFuzzOptions {
  readonly requests: number;
  readonly seed: number;
  readonly connections: number;
  /** The run ends by then, finished or not. */
  readonly limitMs: number;
  readonly print: (line: string) => void;
}

/** How much more heap the end of a run may hold than its first tenth, beside what the run itself remembers. */
const heapGrowthMb = 120;
const progressEveryMs = 10_000;

/** Runs the fuzz at length and prints what it does and finds. @returns whether nothing was found and all was sent. */
export async function runLongFuzz(options: LongFuzzOptions): Promise<boolean> {
  const { requests, seed, connections, limitMs, print } = options;
  const startedAtMs = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - startedAtMs) / 1_000)} s`;
  print(`seed ${seed}: ${requests} requests over ${connections} connections`);
  await using redis = await startTestRedis();
  await using site = await startFuzzSite({ redisUrl: redis.url });
  let firstHeapMb = 0;
  let printedAtMs = startedAtMs;
  const report = await runFuzz(site, {
    seed,
    requests,
    passwordRequests: Math.min(500, Math.ceil(requests / 25)),
    connections,
    endAtMs: startedAtMs + limitMs,
    onProgress({ sent, failures }) {
      if (firstHeapMb === 0 && sent >= requests / 10) firstHeapMb = heapMb();
      if (performance.now() - printedAtMs < progressEveryMs) return;
      printedAtMs = performance.now();
      print(`${seconds()}: ${sent} answers, ${failures.size} kinds of failure, heap ${heapMb()} MB`);
    },
  });
  const problems = [...report.failureTexts, ...(await findAftermath(site))];
  const lastHeapMb = heapMb();
  if (firstHeapMb > 0 && lastHeapMb > firstHeapMb + heapGrowthMb)
    problems.push(`the heap grew from ${firstHeapMb} MB to ${lastHeapMb} MB`);
  if (report.sent < requests)
    problems.push(`only ${report.sent} of ${requests} requests were answered in time`);
  print(
    `${seconds()}: ${report.sent} answers; heap ${firstHeapMb} MB after a tenth, ${lastHeapMb} MB at the end`,
  );
  print(report.describe());
  print(
    `\nconnections outside this machine that were asked for and refused: ${[...site.confinement.refused].join(", ") || "none"}`,
  );
  print(
    problems.length === 0
      ? "\nnothing found"
      : `\n${problems.length} found with seed ${seed}:\n\n- ${problems.join("\n- ")}`,
  );
  return problems.length === 0;
}

let collectGarbage: (() => void) | null = null;

/** What is reachable, in megabytes. */
function heapMb(): number {
  setFlagsFromString("--expose-gc");
  collectGarbage ??= runInNewContext("gc") as () => void;
  collectGarbage();
  return Math.round(process.memoryUsage().heapUsed / 1_048_576);
}
