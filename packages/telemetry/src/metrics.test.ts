import { expect, test } from "vitest";
import { openLabel } from "./label-values.ts";
import { callDurationBuckets, callLatencyBucketsMs, createMetrics } from "./metrics.ts";

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

test("a metric can be described without its values", () => {
  const metrics = createMetrics({ service: "s" });
  metrics.counter({ name: "c_total", help: "Things.", labels: { lane: lanes } });
  metrics.histogram({ name: "h", help: "Time.", labels: {} });
  metrics.gauge({ name: "g", help: "Depth.", labels: { queue: openLabel({ limit: 1 }) } });
  expect(metrics.described).toEqual([
    { name: "c_total", type: "counter", help: "Things.", labels: ["lane"] },
    { name: "h", type: "histogram", help: "Time.", labels: [] },
    { name: "g", type: "gauge", help: "Depth.", labels: ["queue"] },
  ]);
});

test("a gauge whose source fails or hangs has no values, and the scrape is answered all the same", async () => {
  const metrics = createMetrics({ service: "s" });
  const late = Promise.withResolvers<void>();
  metrics.counter({ name: "c", help: "c", labels: {} }).add({});
  metrics.gauge({ name: "broken", help: "b", labels: {}, collect: () => Promise.reject(new Error("gone")) });
  metrics.gauge({
    name: "hanging",
    help: "h",
    labels: {},
    collect: async (gauge) => {
      await late.promise;
      gauge.set({}, 1);
    },
  });
  const startedAtMs = performance.now();
  const text = await metrics.registry.metrics();
  expect(performance.now() - startedAtMs).toBeLessThan(2_500);
  expect(text).toContain('c{service="s"} 1');
  expect(text).not.toMatch(/^(?:broken|hanging)\{/m);
  late.resolve();
  await late.promise;
});

test("S0-13, S1-31, S3-87: the buckets go from a cached answer to a reasoning call of ten minutes, in both units", () => {
  expect(callDurationBuckets[0]).toBe(0.005);
  expect(callDurationBuckets.at(-1)).toBe(600);
  expect(callDurationBuckets).toEqual(callDurationBuckets.toSorted((a, b) => a - b));
  expect(callLatencyBucketsMs[0]).toBe(5);
  // An alarm at ten seconds needs buckets above it.
  expect(callLatencyBucketsMs.filter((bucketMs) => bucketMs > 10_000).length).toBeGreaterThan(3);
});
