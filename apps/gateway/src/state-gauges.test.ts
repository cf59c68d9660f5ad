import type { ProviderHealth } from "@tokenhub/contracts";
import { createMetrics } from "@tokenhub/telemetry";
import { expect, test } from "vitest";
import { createStateGauges, type StatePorts } from "./state-gauges.ts";

function setUp(overrides: Partial<StatePorts> = {}): () => Promise<string> {
  const metrics = createMetrics({ service: "s" });
  createStateGauges(metrics, {
    queueNames: () => ["route", "call.p"],
    countJobs: async () => ({ waiting: 3, active: 1 }),
    providerHealth: async () => new Map(),
    providerIds: () => ["p"],
    unrecordedFacts: async () => 7,
    isQueueReachable: () => true,
    requestsInFlight: () => 5,
    ...overrides,
  });
  return () => metrics.registry.metrics();
}

function healthOf(part: Partial<ProviderHealth>): ProviderHealth {
  return { status: "healthy", breaker: "closed", ...part } as ProviderHealth;
}

test("the depth and the oldest job of every queue are shown by state", async () => {
  const text = await setUp({ oldestJobAgeMs: async () => ({ waiting: 1_500 }) })();
  expect(text).toContain('tokenhub_queue_jobs{queue="route",state="waiting",service="s"} 3');
  expect(text).toContain('tokenhub_queue_jobs{queue="call.p",state="active",service="s"} 1');
  expect(text).toContain('tokenhub_queue_oldest_job_seconds{queue="call.p",state="waiting",service="s"} 1.5');
});

test("however many queues there are, a hundred are asked for and shown", async () => {
  const asked = new Set<string>();
  const text = await setUp({
    queueNames: () => Array.from({ length: 5_000 }, (_, index) => `call.p${index}`),
    countJobs: async (queueName) => {
      asked.add(queueName);
      return { waiting: 1 };
    },
  })();
  expect(asked.size).toBe(100);
  expect(text.match(/^tokenhub_queue_jobs\{/gm)).toHaveLength(100);
});

test("while Redis is away no queue is asked, and the metrics say that it is away", async () => {
  let questions = 0;
  const text = await setUp({
    isQueueReachable: () => false,
    unrecordedFacts: () => Promise.reject(new Error("Connection is closed.")),
    providerHealth: () => Promise.reject(new Error("Connection is closed.")),
    countJobs: async () => {
      questions += 1;
      return {};
    },
  })();
  expect(questions).toBe(0);
  expect(text).toContain('tokenhub_temporal_up{service="s"} 0');
  expect(text).toContain('tokenhub_temporal_circuit_state{service="s"} 1');
  expect(text).toContain('tokenhub_requests_in_flight{service="s"} 5');
  expect(text).not.toMatch(/^tokenhub_(?:recorder_lag_facts|provider_health_state|queue_jobs)\{/m);
});

test("S1-32: health and circuit breaker of every provider are shown as numbers; one nobody has called is healthy", async () => {
  const text = await setUp({
    providerIds: () => ["up", "shaky", "out", "new"],
    providerHealth: async () =>
      new Map([
        ["up", healthOf({})],
        ["shaky", healthOf({ status: "degraded", breaker: "half_open" })],
        ["out", healthOf({ status: "down", breaker: "open" })],
      ]),
  })();
  for (const [provider, health, breaker] of [
    ["up", 2, 0],
    ["shaky", 1, 2],
    ["out", 0, 1],
    ["new", 2, 0],
  ]) {
    expect(text).toContain(`tokenhub_provider_health_state{provider="${provider}",service="s"} ${health}`);
    expect(text).toContain(`tokenhub_provider_breaker_state{provider="${provider}",service="s"} ${breaker}`);
  }
});

test("the vault's state is shown, and nothing where there is no vault", async () => {
  expect(await setUp({ vaultState: () => "unlocked" })()).toContain('tokenhub_vault_state{service="s"} 1');
  expect(await setUp({ vaultState: () => "locked" })()).toContain('tokenhub_vault_state{service="s"} 0');
  expect(await setUp()()).not.toMatch(/^tokenhub_vault_state\{/m);
});
