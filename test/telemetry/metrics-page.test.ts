import { createLogger, createMetrics, startHeartbeat, type MetricDescription } from "@tokenhub/telemetry";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createCacheEvents } from "../../apps/gateway/src/cache/cache-events.ts";
import { createGatewayEvents } from "../../apps/gateway/src/events.ts";
import { createJobMetrics } from "../../apps/gateway/src/jobs/job-metrics.ts";
import { createScheduleMetrics } from "../../apps/gateway/src/schedules/schedule-metrics.ts";
import { createStateGauges } from "../../apps/gateway/src/state-gauges.ts";
import { createRunEvents } from "../../apps/orchestrator-worker/src/events.ts";
import { createCallEvents } from "../../apps/provider-worker/src/events.ts";
import { createRouterEvents } from "../../apps/router-worker/src/events.ts";
import { createWebhookEvents } from "../../apps/webhook-worker/src/events.ts";

const logger = createLogger({ service: "test", level: "silent" });

/** What each service registers, by the heading it has on the page. */
function registered(): Map<string, readonly MetricDescription[]> {
  const gateway = createMetrics({ service: "gateway" });
  createGatewayEvents({ logger, metrics: gateway, tracing: { spanOf: () => null }, now: Date.now });
  createCacheEvents(gateway, { redisTrouble: () => undefined });
  createStateGauges(gateway, {
    queueNames: () => [],
    countJobs: async () => ({}),
    providerHealth: async () => new Map(),
    providerIds: () => [],
    unrecordedFacts: async () => 0,
    isQueueReachable: () => false,
    requestsInFlight: () => 0,
  });
  createJobMetrics(gateway, { overview: async () => [], openLetters: async () => [], now: Date.now });
  createScheduleMetrics(gateway);
  const router = createMetrics({ service: "router-worker" });
  createRouterEvents({ logger, metrics: router, tracing: { current: () => null } });
  const provider = createMetrics({ service: "provider-worker" });
  createCallEvents({ logger, metrics: provider, tracing: { current: () => null } });
  const orchestrator = createMetrics({ service: "orchestrator-worker" });
  createRunEvents({ logger, metrics: orchestrator, tracing: { current: () => null } });
  const webhook = createMetrics({ service: "webhook-worker" });
  createWebhookEvents({ logger, metrics: webhook, tracing: { current: () => null }, now: Date.now });
  const every = createMetrics({ service: "every" });
  startHeartbeat(every)[Symbol.dispose]();
  return new Map([
    ["Every process", every.described],
    ["Gateway", gateway.described],
    ["Orchestrator worker", orchestrator.described],
    ["Router worker", router.described],
    ["Provider worker", provider.described],
    ["Webhook worker", webhook.described],
  ]);
}

function rowOf({ name, type, labels, help }: MetricDescription): string {
  return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(", "), help].join(" | ");
}

/** The table rows below a heading, without the heads. */
function rowsBelow(page: string, heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| (`tokenhub_.+) \|$/gm)].map(([, line = ""]) =>
    line
      .split("|")
      .map((cell) => cell.trim())
      .join(" | "),
  );
}

const page = await readFile(join(import.meta.dirname, "../../docs/METRICS.md"), "utf8");

it.each([...registered()])(
  "docs/METRICS.md has exactly what the code registers under: %s",
  (heading, described) => {
    expect(described.length).toBeGreaterThan(0);
    expect(rowsBelow(page, heading).toSorted()).toEqual(described.map(rowOf).toSorted());
  },
);

it("no label is one of a user, a key, a tenant or a request", () => {
  const labels = [...registered().values()].flat().flatMap((metric) => metric.labels);
  expect([...new Set(labels)].toSorted()).toEqual([
    "class",
    "direction",
    "endpoint",
    "http_status",
    "lane",
    "mode",
    "model",
    "op",
    "origin",
    "outcome",
    "provider",
    "queue",
    "reaction",
    "reason",
    "state",
    "status",
    "strategy",
  ]);
});
