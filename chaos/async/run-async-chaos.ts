import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { killAtAsyncPoints } from "./kill-at-async-points.ts";
import { scoreboardOf } from "./scoreboard.ts";
import { surviveTrouble } from "./survive-trouble.ts";

export interface AsyncChaosOptions {
  readonly jobs: number;
  readonly seed: number;
  readonly gateways: 1 | 2;
  /** Only the named points whose name holds this text, without the random kills; empty: everything. */
  readonly points: string;
  readonly print: (line: string) => void;
}

const folder = fileURLToPath(new URL("../../.cache/chaos", import.meta.url));

/** Runs the experiment and writes its scoreboard. False when something was lost, repeated or left unexplained. */
export async function runAsyncChaos(options: AsyncChaosOptions): Promise<boolean> {
  const { points: wanted, seed, print } = options;
  const survived = wanted !== "" || (await surviveAndReport(options));
  const points = await killAtAsyncPoints({ wanted, seed, print });
  return survived && points;
}

async function surviveAndReport({ print, ...options }: AsyncChaosOptions): Promise<boolean> {
  const { jobs, seed, gateways } = options;
  const outcome = await surviveTrouble({
    ...options,
    kills: Math.max(6, Math.ceil(jobs / 180)),
    pauses: Math.ceil(jobs / 1_500),
    redisRestarts: Math.ceil(jobs / 1_500),
    lostAfter: "10s",
    print,
  });
  const { lines, isClean } = scoreboardOf(outcome);
  const title = `async chaos: ${jobs} jobs, seed ${seed}, ${gateways} gateway${gateways === 1 ? " over SQLite" : "s over PostgreSQL"}`;
  const text = [title, ...lines, isClean ? "clean" : "NOT CLEAN"];
  for (const line of text) print(line);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `async-seed-${seed}.txt`), `${text.join("\n")}\n`);
  return isClean;
}
