import { setTimeout as delay } from "node:timers/promises";
import type { LoadClient } from "../load/load-client.ts";
import { readProcessUsage, readProcessUsages, type ProcessUsage } from "../processes/process-usage.ts";
import type { Scenario } from "../scenarios.ts";
import type { Target } from "../targets/target.ts";
import type { Upstream } from "../targets/upstream.ts";
import type { Cell } from "./cell.ts";

const samplingMs = 250;
const settleWithinMs = 5_000;
/** Processor time per sampling interval below which a target counts as quiet. */
const quietCpuMs = 20;

export interface Bench {
  readonly load: LoadClient;
  readonly upstream: Upstream;
  readonly signal: AbortSignal;
}

export interface CellPlan {
  readonly scenario: Scenario;
  readonly round: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly bench: Bench;
}

/** Puts one load on one target, then waits until the target is quiet, so that the next one has the machine for itself. */
export async function measureCell(target: Target, plan: CellPlan): Promise<Cell> {
  const { scenario, bench } = plan;
  bench.signal.throwIfAborted();
  const startedAt = performance.now();
  const callsBefore = await bench.upstream.countCalls();
  const upstreamBefore = readProcessUsage([bench.upstream]);
  const before = readProcessUsages(target.processes);
  using memory = watchMemory(target);
  const load = await bench.load.run({
    request: target.request,
    model: scenario.model,
    stream: scenario.stream,
    connections: scenario.connections,
    warmUpMs: plan.warmUpMs,
    measureMs: plan.measureMs,
  });
  const loadedMs = performance.now() - startedAt;
  const upstreamAfter = readProcessUsage([bench.upstream]);
  await untilQuiet(target, bench);
  const cpu = cpuPerRequest(target, { before, requests: load.totalRequests });
  const upstreamCpuMs = difference(upstreamBefore, upstreamAfter);
  const calls = (await bench.upstream.countCalls()) - callsBefore;
  return {
    target: target.name,
    scenario: scenario.id,
    round: plan.round,
    load,
    cpuMsPerRequest: cpu === null ? null : Object.values(cpu).reduce((sum, cpuMs) => sum + cpuMs, 0),
    cpuMsPerRequestOf: cpu,
    peakRssMb: memory.peakMb(),
    upstreamCallsPerRequest: calls / load.totalRequests,
    upstreamCpuShare: upstreamCpuMs === null ? null : upstreamCpuMs / loadedMs,
  };
}

/** Processor milliseconds per request of each process; null for a target without processes. */
function cpuPerRequest(
  { processes }: Target,
  { before, requests }: { readonly before: readonly ProcessUsage[] | null; readonly requests: number },
): Record<string, number> | null {
  const after = readProcessUsages(processes);
  if (before === null || after === null || processes.length === 0) return null;
  const used = (index: number): number => (after[index]?.cpuMs ?? 0) - (before[index]?.cpuMs ?? 0);
  return Object.fromEntries(processes.map(({ name }, index) => [name, used(index) / requests]));
}

function usageOf({ processes }: Target): ProcessUsage | null {
  return processes.length === 0 ? null : readProcessUsage(processes);
}

function difference(before: ProcessUsage | null, after: ProcessUsage | null): number | null {
  return before === null || after === null ? null : after.cpuMs - before.cpuMs;
}

function watchMemory(target: Target): Disposable & { peakMb(): number | null } {
  let peakMb = usageOf(target)?.rssMb ?? null;
  const sample = (): void => {
    const rssMb = usageOf(target)?.rssMb ?? null;
    if (rssMb !== null) peakMb = Math.max(peakMb ?? 0, rssMb);
  };
  const timer = setInterval(sample, samplingMs);
  return { peakMb: () => peakMb, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Work that a target does after its answers (writing the request log) must not run into the next cell. */
async function untilQuiet(target: Target, { signal }: Bench): Promise<void> {
  const deadline = performance.now() + settleWithinMs;
  let previous = usageOf(target);
  while (performance.now() < deadline) {
    await delay(samplingMs, undefined, { signal });
    const current = usageOf(target);
    const cpuMs = difference(previous, current);
    if (cpuMs === null || cpuMs <= quietCpuMs) return;
    previous = current;
  }
}
