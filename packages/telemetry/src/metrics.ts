import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { createLabelGuard, type LabelGuard, type LabelValue, type LabelValues } from "./label-values.ts";

/** Seconds from a cached answer to a long reasoning call. */
export const callDurationBuckets: readonly number[] = [
  0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600,
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

export interface Metrics {
  /** For `startAdminServer`, or the gateway's own `/metrics`. */
  readonly registry: MetricsRegistry;
  readonly counter: <const Spec extends LabelSpec>(options: MetricOptions<Spec>) => CounterMetric<Spec>;
  readonly histogram: <const Spec extends LabelSpec>(
    options: MetricOptions<Spec> & { readonly buckets?: readonly number[] },
  ) => HistogramMetric<Spec>;
  /** `collect` runs at every scrape and sets the present values; values it no longer sets disappear. */
  readonly gauge: <const Spec extends LabelSpec>(
    options: MetricOptions<Spec> & { readonly collect?: (gauge: GaugeMetric<Spec>) => void | Promise<void> },
  ) => GaugeMetric<Spec>;
}

/** What a `/metrics` route needs. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

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
  return {
    registry,
    counter: ({ name, help, labels }) => {
      const counter = new Counter({ name, help, labelNames: Object.keys(labels), registers: [registry] });
      const bound = createBound(labels);
      return { add: (given, amount = 1) => counter.inc(bound(given), amount) };
    },
    histogram: ({ name, help, labels, buckets = callDurationBuckets }) => {
      const labelNames = Object.keys(labels);
      const histogram = new Histogram({
        name,
        help,
        labelNames,
        buckets: [...buckets],
        registers: [registry],
      });
      const bound = createBound(labels);
      return { observe: (given, value) => histogram.observe(bound(given), value) };
    },
    gauge: <const Spec extends LabelSpec>({
      name,
      help,
      labels,
      collect,
    }: MetricOptions<Spec> & { readonly collect?: (gauge: GaugeMetric<Spec>) => void | Promise<void> }) => {
      const bound = createBound(labels);
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: Object.keys(labels),
        registers: [registry],
        ...(collect === undefined
          ? {}
          : {
              collect: async () => {
                gauge.reset();
                await collect(metric);
              },
            }),
      });
      const metric: GaugeMetric<Spec> = { set: (given, value) => gauge.set(bound(given), value) };
      return metric;
    },
  };
}

/** Turns the labels of an observation into exactly the declared names with bounded values. */
function createBound(
  spec: LabelSpec,
): (labels: Readonly<Record<string, string | undefined>>) => Record<string, string> {
  const guards: readonly (readonly [name: string, guard: LabelGuard])[] = Object.entries(spec).map(
    ([name, values]) => [name, createLabelGuard(values)],
  );
  return (labels) => Object.fromEntries(guards.map(([name, guard]) => [name, guard(labels[name] ?? "")]));
}
