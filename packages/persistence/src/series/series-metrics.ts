/** What the recorder writes into the time series. Percentiles exist where there is a histogram. */
export const seriesMetrics = {
  /** Every finished request, from acceptance to the end; its count is the number of requests. */
  latency: { unit: "ms", hasHistogram: true },
  /** To the first token of a stream. */
  ttft: { unit: "ms", hasHistogram: true },
  /** 1 per request that did not succeed; cancelled ones are no errors. */
  errors: { unit: "requests", hasHistogram: false },
  cost: { unit: "nano_usd", hasHistogram: false },
  /** Input and output together. */
  tokens: { unit: "tokens", hasHistogram: false },
  /** Every call to a provider, failed ones too: what a request that moved on to another model cost each of them. */
  call_latency: { unit: "ms", hasHistogram: true },
  /** 1 per failed call. */
  call_errors: { unit: "calls", hasHistogram: false },
} as const satisfies Record<string, { readonly unit: string; readonly hasHistogram: boolean }>;

export type SeriesMetric = keyof typeof seriesMetrics;

/** The spans that points cover, finest first, in seconds: what the recorder writes, an hour, a day. */
export const seriesResolutions = [60, 3_600, 86_400] as const;
export type SeriesResolution = (typeof seriesResolutions)[number];
