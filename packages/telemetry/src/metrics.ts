import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { createLabelGuard, type LabelGuard, type LabelValue, type LabelValues } from "./label-values.ts";

/** Seconds from a cached answer to a long reasoning call. */
export const callDurationBuckets: readonly number[] = [
  0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600,
];
/** The same in milliseconds. */
export const callLatencyBucketsMs: readonly number[] = callDurationBuckets.map((seconds) => seconds * 1_000);
/** Output tokens per second, from a loaded CPU to the fastest accelerators. */
export const tokenSpeedBuckets: readonly number[] = [
  1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 250, 500, 1_000, 2_500,
];
/** Seconds for steps of our own: routing, admission, queue waits. */
export const stepDurationBuckets: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30,
];

export type LabelSpec = Readonly<Record<string, LabelValues>>;
/** Labels of one observation; a label that does not apply is left out and shown empty. */
export type Labels<Spec extends LabelSpec> = { readonly [Name in keyof Spec]?: LabelValue<Spec[Name]> };

export interface MetricOptions<Spec extends LabelSpec> {
  readonly name: string;
  readonly help: string;
  readonly labels: Spec;
}

export interface CounterMetric<Spec extends LabelSpec> {
  /** Adds 1, or `amount`. */
  readonly add: (labels: Labels<Spec>, amount?: number) => void;
}
export interface HistogramMetric<Spec extends LabelSpec> {
  readonly observe: (labels: Labels<Spec>, value: number) => void;
}
export interface GaugeMetric<Spec extends LabelSpec> {
  readonly set: (labels: Labels<Spec>, value: number) => void;
}

/** What is known of a metric apart from its values. */
export interface MetricDescription {
  readonly name: string;
  readonly type: "counter" | "histogram" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
}

export interface Metrics {
  /** Every metric made so far, in order; process metrics are not among them. */
  readonly described: readonly MetricDescription[];
  /** For `startAdminServer`, or the gateway's own `/metrics`. */
  readonly registry: MetricsRegistry;
  readonly counter: <const Spec extends LabelSpec>(options: MetricOptions<Spec>) => CounterMetric<Spec>;
  readonly histogram: <const Spec extends LabelSpec>(
    options: MetricOptions<Spec> & { readonly buckets?: readonly number[] },
  ) => HistogramMetric<Spec>;
  /**
   * `collect` runs at every scrape and sets the present values; values it no longer sets disappear. One that fails or takes
   * longer than a second leaves its gauge without values, and never the scrape without an answer.
   */
  readonly gauge: <const Spec extends LabelSpec>(
    options: MetricOptions<Spec> & { readonly collect?: (gauge: GaugeMetric<Spec>) => void | Promise<void> },
  ) => GaugeMetric<Spec>;
}

/** What a `/metrics` route needs. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** A scrape must be answered although what a gauge asks, such as Redis, is away. */
const collectLimitMs = 1_000;

/**
 * A registry of one process (never the library's global one, so that several services can run in one process) and typed
 * factories for its metrics. Every series carries the label `service`.
 * @param processMetrics whether CPU, memory and event-loop metrics of the process are included.
 */
export function createMetrics({
  service,
  processMetrics = false,
}: {
  readonly service: string;
  readonly processMetrics?: boolean;
}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const described: MetricDescription[] = [];
  const describe = (
    type: MetricDescription["type"],
    { name, help, labels }: MetricOptions<LabelSpec>,
  ): string[] => {
    const labelNames = Object.keys(labels);
    described.push({ name, type, help, labels: labelNames });
    return labelNames;
  };
  return {
    registry,
    described,
    counter: (options) => {
      const { name, help, labels } = options;
      const counter = new Counter({ name, help, labelNames: describe("counter", options), registers });
      const bound = createBound(labels);
      return { add: (given, amount = 1) => counter.inc(bound(given), amount) };
    },
    histogram: (options) => {
      const { name, help, labels, buckets = callDurationBuckets } = options;
      const labelNames = describe("histogram", options);
      const histogram = new Histogram({ name, help, labelNames, buckets: [...buckets], registers });
      const bound = createBound(labels);
      return { observe: (given, value) => histogram.observe(bound(given), value) };
    },
    gauge: <const Spec extends LabelSpec>(
      options: MetricOptions<Spec> & {
        readonly collect?: (gauge: GaugeMetric<Spec>) => void | Promise<void>;
      },
    ) => {
      const { name, help, labels, collect } = options;
      const bound = createBound(labels);
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: describe("gauge", options),
        registers,
        ...(collect === undefined ? {} : { collect: () => collectAnew(gauge, collect, bound) }),
      });
      return { set: (given, value) => gauge.set(bound(given), value) };
    },
  };
}

type Bound = (labels: Readonly<Record<string, string | undefined>>) => Record<string, string>;

/** What is found late, after the scrape was answered, is not shown as if it were the next scrape's. */
async function collectAnew<Spec extends LabelSpec>(
  gauge: Gauge,
  collect: (metric: GaugeMetric<Spec>) => void | Promise<void>,
  bound: Bound,
): Promise<void> {
  const found: (readonly [labels: Record<string, string>, value: number])[] = [];
  const isComplete = await finishesInTime(async () =>
    collect({ set: (given, value) => void found.push([bound(given), value]) }),
  );
  gauge.reset();
  // A gauge without labels is reset to 0, which would be a value.
  gauge.remove({});
  if (isComplete) for (const [labels, value] of found) gauge.set(labels, value);
}

/** Why a collection failed is told by whoever owns the dependency: its health check and its error log. */
async function finishesInTime(run: () => Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), collectLimitMs);
  const done = run().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Turns the labels of an observation into exactly the declared names with bounded values. */
function createBound(spec: LabelSpec): Bound {
  const guards: readonly (readonly [name: string, guard: LabelGuard])[] = Object.entries(spec).map(
    ([name, values]) => [name, createLabelGuard(values)],
  );
  return (labels) => {
    const shown: Record<string, string> = {};
    for (const [name, guard] of guards) shown[name] = guard(labels[name] ?? "");
    return shown;
  };
}
