import type { ProviderHealth } from "@tokenhub/contracts";
import { openLabel, type Metrics } from "@tokenhub/telemetry";

/** Where the gauges find the present state; each is asked at every scrape. */
export interface StatePorts {
  /** Names of the queues; the first hundred are shown. */
  readonly queueNames: () => readonly string[];
  /** Jobs of one queue that are not finished, by state. */
  readonly countJobs: (queueName: string) => Promise<Readonly<Record<string, number>>>;
  /** Age of the oldest job of one queue by state, in milliseconds; a state without jobs is absent. */
  readonly oldestJobAgeMs?: (queueName: string) => Promise<Readonly<Record<string, number>>>;
  /** By provider id; a provider that nobody has called yet is absent. */
  readonly providerHealth: () => Promise<ReadonlyMap<string, ProviderHealth>>;
  readonly providerIds: () => readonly string[];
  /** Finished requests that are not in SQL yet. */
  readonly unrecordedFacts: () => Promise<number>;
  readonly isQueueReachable: () => boolean;
  readonly requestsInFlight: () => number;
  /** Null: there is no vault. */
  readonly vaultState?: () => "locked" | "unlocked" | "uninitialised" | null;
}

const stateLabel = ["waiting", "prioritized", "active", "delayed", "paused", "failed"];
const mostQueues = 100;
const queueLabel = openLabel({ limit: mostQueues });
const providerLabel = openLabel({ limit: 100 });
/** As the circuit of the reference is coded. */
const breakerValues = { closed: 0, open: 1, half_open: 2 };
const healthValues = { healthy: 2, degraded: 1, down: 0 };
const vaultValues = { unlocked: 1, locked: 0, uninitialised: -1 };

/** Gauges of what several processes share, shown by each gateway: take the maximum over gateways, not the sum. */
export function createStateGauges(metrics: Metrics, ports: StatePorts): void {
  createQueueGauges(metrics, ports);
  createProviderGauges(metrics, ports);
  createTemporalNames(metrics, ports);
  metrics.gauge({
    name: "tokenhub_recorder_lag_facts",
    help: "Finished requests whose record is in Redis and not in SQL yet.",
    labels: {},
    collect: async (gauge) => gauge.set({}, await ports.unrecordedFacts()),
  });
  metrics.gauge({
    name: "tokenhub_requests_in_flight",
    help: "Requests that this gateway holds open.",
    labels: {},
    collect: (gauge) => gauge.set({}, ports.requestsInFlight()),
  });
  metrics.gauge({
    name: "tokenhub_vault_state",
    help: "State of the vault: 1 unlocked, 0 locked, -1 not set up; absent without a vault.",
    labels: {},
    collect(gauge) {
      const state = ports.vaultState?.() ?? null;
      if (state !== null) gauge.set({}, vaultValues[state]);
    },
  });
}

function createQueueGauges(metrics: Metrics, ports: StatePorts): void {
  /** While Redis is away a question would only add to what waits for it. */
  const eachQueue = async (
    ask: (queueName: string) => Promise<Readonly<Record<string, number>>>,
    show: (labels: { queue: string; state: string }, value: number) => void,
  ): Promise<void> => {
    if (!ports.isQueueReachable()) return;
    const names = ports.queueNames().slice(0, mostQueues);
    const answers = await Promise.all(names.map(ask));
    for (const [index, queue] of names.entries())
      for (const [state, value] of Object.entries(answers[index] ?? {})) show({ queue, state }, value);
  };
  const labels = { queue: queueLabel, state: stateLabel };
  metrics.gauge({
    name: "tokenhub_queue_jobs",
    help: "Depth of a queue: its jobs by state.",
    labels,
    collect: (gauge) => eachQueue(ports.countJobs, (of, count) => gauge.set(of, count)),
  });
  metrics.gauge({
    name: "tokenhub_queue_oldest_job_seconds",
    help: "Age of the oldest job of a queue by state.",
    labels,
    collect: (gauge) =>
      eachQueue(
        async (queueName) => (await ports.oldestJobAgeMs?.(queueName)) ?? {},
        (of, ageMs) => gauge.set(of, ageMs / 1000),
      ),
  });
}

function createProviderGauges(metrics: Metrics, ports: StatePorts): void {
  const eachProvider = async (
    show: (provider: string, health: ProviderHealth | null) => void,
  ): Promise<void> => {
    const healthById = await ports.providerHealth();
    for (const id of ports.providerIds()) show(id, healthById.get(id) ?? null);
  };
  metrics.gauge({
    name: "tokenhub_provider_health_state",
    help: "Health of a provider: 2 healthy, 1 degraded, 0 down.",
    labels: { provider: providerLabel },
    collect: (gauge) =>
      eachProvider((provider, health) => gauge.set({ provider }, healthValues[health?.status ?? "healthy"])),
  });
  metrics.gauge({
    name: "tokenhub_provider_breaker_state",
    help: "Circuit breaker of a provider: 0 closed, 1 open, 2 half open.",
    labels: { provider: providerLabel },
    collect: (gauge) =>
      eachProvider((provider, health) => gauge.set({ provider }, breakerValues[health?.breaker ?? "closed"])),
  });
}

/** Names that dashboards know from the time of a workflow engine, whose place the queue has taken. */
function createTemporalNames(metrics: Metrics, { isQueueReachable }: StatePorts): void {
  metrics.gauge({
    name: "tokenhub_temporal_up",
    help: "Whether the job queue, which has taken the workflow engine's place, can be reached: 1 or 0.",
    labels: {},
    collect: (gauge) => gauge.set({}, isQueueReachable() ? 1 : 0),
  });
  metrics.gauge({
    name: "tokenhub_temporal_circuit_state",
    help: "The way to the job queue: 0 closed (requests pass), 1 open.",
    labels: {},
    collect: (gauge) => gauge.set({}, isQueueReachable() ? 0 : 1),
  });
  metrics.counter({
    name: "tokenhub_temporal_fallback_total",
    help: "Requests run past the job queue; always 0, because there is no such way.",
    labels: {},
  });
}
