import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { readProcessUsage } from "../processes/process-usage.ts";
import type { Target } from "../targets/target.ts";

export interface OrchestrationOverhead {
  readonly runsAtOnce: number;
  readonly runs: number;
  readonly phases: number;
  /** Of a run, by phase: what it takes beyond its calls' own time at the provider, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface RunsInFlight {
  readonly runs: number;
  /** Highest resident memory of the orchestrator, in MiB. */
  readonly rssMb: number;
  /** Processor time of the orchestrator, as a share of one processor: with no run, and while all of them waited. */
  readonly restingCpuShare: number;
  readonly waitingCpuShare: number;
}

/** The caller's question; small, so that what is measured is not its copying. */
const messages = [{ role: "user", content: "Design a queue that loses nothing." }];
const phasesOfARun = 3;

/**
 * Adversarial runs of one round, which are three calls one after the other, at a provider that takes `callMs` for each. What
 * a run takes beyond three times that is overhead: routing, queues, the ledger, the run's own steps and the door.
 */
export async function measureOverhead(
  target: Target,
  question: {
    readonly model: string;
    readonly callMs: number;
    readonly runs: number;
    readonly runsAtOnce: number;
  },
): Promise<OrchestrationOverhead> {
  const { model, callMs, runs, runsAtOnce } = question;
  const overheadsMs: number[] = [];
  let begun = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    while (begun++ < runs) {
      const startedAtMs = performance.now();
      await begin(target, { model, isBackground: false });
      overheadsMs.push((performance.now() - startedAtMs - phasesOfARun * callMs) / phasesOfARun);
    }
  };
  await Promise.all(Array.from({ length: runsAtOnce }, oneAfterTheOther));
  const sorted = overheadsMs.toSorted((left, right) => left - right);
  return {
    runsAtOnce,
    runs,
    phases: runs * phasesOfARun,
    p50Ms: at(sorted, 0.5),
    p99Ms: at(sorted, 0.99),
  };
}

/** Begins many runs whose first call takes longer than the measurement, and looks at the orchestrator while they wait. */
export async function measureRunsInFlight(
  target: Target,
  { model, runs, watchMs }: { readonly model: string; readonly runs: number; readonly watchMs: number },
): Promise<RunsInFlight> {
  const orchestrator = target.processes.filter(({ name }) => name === "orchestrator-worker");
  let rssMb = 0;
  const look = (): number => {
    const usage = readProcessUsage(orchestrator);
    rssMb = Math.max(rssMb, usage?.rssMb ?? Number.NaN);
    return usage?.cpuMs ?? Number.NaN;
  };
  const shareOfCpu = async (): Promise<number> => {
    const beforeMs = look();
    await delay(watchMs);
    return (look() - beforeMs) / watchMs;
  };
  const restingCpuShare = await shareOfCpu();
  const watching = setInterval(look, 100);
  try {
    let begun = 0;
    const oneAfterTheOther = async (): Promise<void> => {
      while (begun++ < runs) await begin(target, { model, isBackground: true });
    };
    await Promise.all(Array.from({ length: 16 }, oneAfterTheOther));
    // What the last beginnings leave to do is not waiting yet.
    await delay(2_000);
    return { runs, rssMb, restingCpuShare, waitingCpuShare: await shareOfCpu() };
  } finally {
    clearInterval(watching);
  }
}

async function begin(
  target: Target,
  { model, isBackground }: { readonly model: string; readonly isBackground: boolean },
): Promise<void> {
  const { statusCode, body } = await request(`${target.request.origin}/v1/orchestrations`, {
    method: "POST",
    headers: target.request.headers,
    body: JSON.stringify({
      mode: "adversarial",
      messages,
      models: { primary: model, review: model },
      stop_when_accepted: false,
      background: isBackground,
      deadline_ms: 600_000,
    }),
  });
  const text = await body.text();
  if (statusCode !== (isBackground ? 202 : 200)) throw new Error(`A run was answered ${statusCode}: ${text}`);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
