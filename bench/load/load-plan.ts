/** Where requests go and how they identify themselves; the body is the same for every target. */
export interface RequestShape {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One run of the load generator. */
export interface LoadPlan {
  readonly request: RequestShape;
  readonly model: string;
  readonly stream: boolean;
  readonly connections: number;
  /** Load before the measurement; not in the figures except `totalRequests`. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Milliseconds. */
export interface Distribution {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

export interface LoadResult {
  /** Right answers that arrived while measuring. */
  readonly answers: number;
  /** Wrong, failed and missing answers, warm-up included. */
  readonly errors: number;
  /** Different problems, at most five. */
  readonly errorSamples: readonly string[];
  /** Everything that was sent, warm-up included: what a target's processor time is divided by. */
  readonly totalRequests: number;
  readonly requestsPerSecond: number;
  /** From sending to the last byte. */
  readonly latencyMs: Distribution;
  /** From sending to the first event with text; null when not streamed. */
  readonly firstTokenMs: Distribution | null;
  /** Mean number of events with text per stream: below the number of tokens when a target merges them. */
  readonly textEventsPerStream: number | null;
  /** Share of one core that the generator itself used: near 1 it measured itself. */
  readonly generatorCpuShare: number;
}
