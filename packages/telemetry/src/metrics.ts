import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

export interface MetricOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  /** Values must come from small closed sets: never a key, a tenant's free text or a request id. */
  readonly labelNames: readonly Label[];
}

export interface HistogramOptions<Label extends string> extends MetricOptions<Label> {
  /** In seconds. */
  readonly buckets?: readonly number[];
}

export interface GaugeOptions<Label extends string> extends MetricOptions<Label> {
  /** Called at every scrape, to set the gauge to the present value. */
  readonly collect?: (gauge: Gauge<Label>) => void | Promise<void>;
}

/** The metrics of one process: its own registry, so that several services can live in one process in tests. */
export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string>(options: MetricOptions<Label>): Counter<Label>;
  histogram<Label extends string>(options: HistogramOptions<Label>): Histogram<Label>;
  gauge<Label extends string>(options: GaugeOptions<Label>): Gauge<Label>;
}

/** From a cached answer to a long reasoning run. */
export const latencyBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];

/** @param options.defaultMetrics process metrics (memory, CPU, event loop); off in tests that run services side by side. */
export function createMetrics({ service, defaultMetrics = true }: { readonly service: string; readonly defaultMetrics?: boolean }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (defaultMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    counter: ({ name, help, labelNames }) => new Counter({ name, help, labelNames: [...labelNames], registers }),
    histogram: ({ name, help, labelNames, buckets = latencyBuckets }) => new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers }),
    gauge<Label extends string>({ name, help, labelNames, collect }: GaugeOptions<Label>) {
      const gauge: Gauge<Label> = new Gauge<Label>({
        name,
        help,
        labelNames: [...labelNames],
        registers,
        ...(collect === undefined ? {} : { collect: () => collect(gauge) }),
      });
      return gauge;
    },
  };
}
