import { expect, test } from "vitest";
import { openLabel } from "./label-values.ts";
import { createMetrics } from "./metrics.ts";

const lanes = ["interactive", "background"] as const;

test("counters, histograms and gauges appear with their labels and the service", async () => {
  const metrics = createMetrics({ service: "gateway" });
  const requests = metrics.counter({ name: "requests_total", help: "Requests.", labels: { lane: lanes } });
  requests.add({ lane: "interactive" });
  requests.add({ lane: "interactive" }, 2);
  metrics.histogram({ name: "duration_seconds", help: "Time.", labels: {} }).observe({}, 42);
  metrics.gauge({ name: "depth", help: "Jobs.", labels: { lane: lanes } }).set({ lane: "background" }, 7);
  const text = await metrics.registry.metrics();
  expect(text).toContain('requests_total{lane="interactive",service="gateway"} 3');
  expect(text).toContain('duration_seconds_bucket{le="60",service="gateway"} 1');
  expect(text).toContain('duration_seconds_bucket{le="30",service="gateway"} 0');
  expect(text).toContain('depth{lane="background",service="gateway"} 7');
});

test("a label that does not apply is shown empty", async () => {
  const metrics = createMetrics({ service: "s" });
  metrics.counter({ name: "c", help: "c", labels: { lane: lanes, mode: ["a"] } }).add({ mode: "a" });
  expect(await metrics.registry.metrics()).toContain('c{lane="",mode="a",service="s"} 1');
});

test("a closed label never shows a value outside its list", async () => {
  const metrics = createMetrics({ service: "s" });
  const words: readonly string[] = ["one", "two"];
  const counter = metrics.counter({ name: "c", help: "c", labels: { word: words } });
  for (let index = 0; index < 1_000; index += 1) counter.add({ word: `request-${index}` });
  const text = await metrics.registry.metrics();
  expect(text.match(/^c\{/gm)).toHaveLength(1);
  expect(text).toContain('c{word="other",service="s"} 1000');
});

test("an open label shows its first values up to the limit, and everything later as other", async () => {
  const metrics = createMetrics({ service: "s" });
  const counter = metrics.counter({ name: "c", help: "c", labels: { model: openLabel({ limit: 3 }) } });
  for (const model of ["a/b", "m.1", "x".repeat(500), "third", "fourth", "a/b"]) counter.add({ model });
  const text = await metrics.registry.metrics();
  expect(text).toContain('c{model="a/b",service="s"} 2');
  expect(text).toContain('c{model="other",service="s"} 2');
  expect(text.match(/^c\{/gm)).toHaveLength(4);
});

test("a collected gauge shows what the last scrape found and nothing older", async () => {
  const metrics = createMetrics({ service: "s" });
  let queues = ["one", "two"];
  metrics.gauge({
    name: "depth",
    help: "Jobs.",
    labels: { queue: openLabel({ limit: 9 }) },
    collect: async (gauge) => {
      await Promise.resolve();
      for (const queue of queues) gauge.set({ queue }, queue.length);
    },
  });
  expect((await metrics.registry.metrics()).match(/^depth\{/gm)).toHaveLength(2);
  queues = ["two"];
  const text = await metrics.registry.metrics();
  expect(text.match(/^depth\{/gm)).toHaveLength(1);
  expect(text).toContain('depth{queue="two",service="s"} 3');
});

test("two services in one process do not share metrics", async () => {
  const [one, two] = [createMetrics({ service: "one" }), createMetrics({ service: "two" })];
  for (const metrics of [one, two]) metrics.counter({ name: "c", help: "c", labels: {} }).add({});
  expect(await one.registry.metrics()).not.toContain("two");
});

test("process metrics are included only on request", async () => {
  expect(await createMetrics({ service: "s" }).registry.metrics()).not.toContain("process_cpu");
  expect(await createMetrics({ service: "s", processMetrics: true }).registry.metrics()).toContain(
    "process_cpu",
  );
});
