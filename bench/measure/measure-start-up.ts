import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RunningChild } from "../processes/child-process.ts";
import { readProcessUsage } from "../processes/process-usage.ts";
import type { TargetContext } from "../targets/target.ts";
import {
  prepareTokenHub,
  serviceNames,
  startService,
  startTokenHubRedis,
  type ServiceName,
} from "../targets/tokenhub-services.ts";
import { spreadOf, type Spread } from "./summarise.ts";

const warmStarts = 3;
const idleMs = 10_000;

export interface ServiceStartUp {
  readonly service: ServiceName;
  /** From spawning to the first 200 of /readyz, with no compiled code kept from an earlier start. */
  readonly coldMs: number;
  /** The same with it, as every start but the first. */
  readonly warmMs: Spread;
  /** Resident memory after ten seconds without a request, in MiB; null where there is no /proc. */
  readonly idleRssMb: number | null;
}

interface Started {
  readonly readyAfterMs: Readonly<Record<ServiceName, number>>;
  readonly rssMb: Readonly<Record<ServiceName, number | null>>;
}

/** Starts the services one after the other, once cold and three times warm, each time with an empty Redis and database. */
export async function measureStartUp(context: TargetContext): Promise<ServiceStartUp[]> {
  const cache = path.join(context.workFolder, "compile-cache");
  mkdirSync(cache);
  const runs: Started[] = [];
  for (let run = 0; run <= warmStarts; run += 1) {
    context.say(`start-up ${run === 0 ? "cold" : `warm ${run}/${warmStarts}`}`);
    const workFolder = path.join(context.workFolder, `start-${run}`);
    mkdirSync(workFolder);
    const isLast = run === warmStarts;
    runs.push(await startOnce({ ...context, workFolder }, { cache, idleForMs: isLast ? idleMs : 0 }));
  }
  return serviceNames.map((service) => ({
    service,
    coldMs: runs[0]?.readyAfterMs[service] ?? Number.NaN,
    warmMs: spreadOf(runs.slice(1).map(({ readyAfterMs }) => readyAfterMs[service])) ?? nothing,
    idleRssMb: runs.at(-1)?.rssMb[service] ?? null,
  }));
}

const nothing: Spread = { median: Number.NaN, min: Number.NaN, max: Number.NaN };

async function startOnce(
  context: TargetContext,
  { cache, idleForMs }: { readonly cache: string; readonly idleForMs: number },
): Promise<Started> {
  await using running = new AsyncDisposableStack();
  const redis = await startTokenHubRedis(context);
  running.use(redis.child);
  const settings = await prepareTokenHub(context, { redisUrl: redis.url, compileCacheFolder: cache });
  const readyAfterMs = Object.fromEntries(serviceNames.map((name) => [name, Number.NaN])) as Record<
    ServiceName,
    number
  >;
  const children: RunningChild[] = [];
  for (const name of serviceNames) {
    const child = running.use(await startService(name, { context, settings }));
    readyAfterMs[name] = child.readyAfterMs;
    children.push(child);
  }
  await delay(idleForMs, undefined, { signal: context.signal });
  const rssOf = (name: ServiceName): number | null =>
    readProcessUsage(children.filter((child) => child.name === name))?.rssMb ?? null;
  return {
    readyAfterMs,
    rssMb: Object.fromEntries(serviceNames.map((name) => [name, rssOf(name)])) as Started["rssMb"],
  };
}
