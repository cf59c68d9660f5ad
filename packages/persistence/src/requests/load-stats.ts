import { sql, type Kysely } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Schema } from "../schema/schema.ts";
import {
  addToHistogram,
  histogramGrowth,
  percentileOf,
  zeroBin,
  type Histogram,
} from "../series/histogram.ts";

export const defaultStatsWindows = [
  { name: "1m", spanMs: 60_000 },
  { name: "5m", spanMs: 300_000 },
  { name: "1h", spanMs: 3_600_000 },
  { name: "24h", spanMs: 86_400_000 },
] as const satisfies readonly StatsWindow[];

export interface StatsWindow {
  readonly name: string;
  readonly spanMs: number;
}

export interface StatsAggregate {
  /** Id of the model, provider or key, or name of the mode; null: requests that had none. */
  readonly id: string | null;
  readonly requestCount: number;
  /** Failed requests; cancelled ones are no errors. */
  readonly errorCount: number;
  readonly errorRate: number;
  readonly averageLatencyMs: number;
  /** Within 2.5 % of the exact values. */
  readonly p50LatencyMs: number;
  readonly p95LatencyMs: number;
  readonly p99LatencyMs: number;
  readonly totalCostNanoUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
}

/** Requests that finished in a window up to now. */
export interface WindowStats {
  readonly window: string;
  readonly spanMs: number;
  /** All zero when there was none. */
  readonly global: StatsAggregate;
  /** Busiest first. */
  readonly byModel: readonly StatsAggregate[];
  readonly byProvider: readonly StatsAggregate[];
  readonly byKey: readonly StatsAggregate[];
  readonly byMode: readonly StatsAggregate[];
}

/** A day of a busy installation is read in slices of this span, so that others get a turn between them. */
const longestSliceMs = 3_600_000;

/**
 * Aggregates of the last minutes and hours from the request log. They survive restarts and count every gateway's requests.
 * Every slice of time is read once, whatever the number of windows it lies in.
 */
export async function loadStats(
  db: Kysely<Schema>,
  {
    nowMs,
    windows = defaultStatsWindows,
  }: { readonly nowMs: number; readonly windows?: readonly StatsWindow[] },
): Promise<WindowStats[]> {
  const growing = {
    global: new Groups(),
    byModel: new Groups(),
    byProvider: new Groups(),
    byKey: new Groups(),
    byMode: new Groups(),
  };
  const stats: WindowStats[] = [];
  let untilMs = nowMs + 1;
  for (const { name, spanMs } of windows.toSorted((left, right) => left.spanMs - right.spanMs)) {
    const fromMs = nowMs - spanMs;
    while (untilMs > fromMs) {
      const sliceFromMs = Math.max(fromMs, untilMs - longestSliceMs);
      for (const cell of await readSlice(db, { fromMs: sliceFromMs, toMs: untilMs })) {
        growing.global.add(null, cell);
        growing.byModel.add(cell.model_id, cell);
        growing.byProvider.add(cell.provider_id, cell);
        growing.byKey.add(cell.key_id, cell);
        growing.byMode.add(cell.routing_mode, cell);
      }
      untilMs = sliceFromMs;
      await nextTurn();
    }
    stats.push({
      window: name,
      spanMs,
      global: growing.global.list()[0] ?? new Group().summarise(null),
      byModel: growing.byModel.list(),
      byProvider: growing.byProvider.list(),
      byKey: growing.byKey.list(),
      byMode: growing.byMode.list(),
    });
  }
  return stats;
}

/** Requests of one slice that agree in everything but their exact numbers. */
interface Cell {
  readonly model_id: string | null;
  readonly provider_id: string | null;
  readonly key_id: string | null;
  readonly routing_mode: string | null;
  readonly bin: number;
  readonly requests: number;
  readonly errors: number;
  readonly duration_ms: number;
  readonly cost_nano_usd: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

async function readSlice(
  db: Kysely<Schema>,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<readonly Cell[]> {
  // Named columns of one index only: it answers alone. The bin is that of `binOf`.
  const { rows } = await sql<Cell>`
    select model_id, provider_id, key_id, routing_mode,
      cast(case when duration_ms <= 0 then ${sql.lit(zeroBin)}
        else ceil(ln(cast(duration_ms as double precision)) / ${sql.lit(Math.log(histogramGrowth))}) end as bigint) as bin,
      count(*) as requests,
      cast(sum(case when outcome = 'failed' then 1 else 0 end) as bigint) as errors,
      cast(sum(duration_ms) as bigint) as duration_ms,
      cast(sum(coalesce(cost_nano_usd, 0)) as bigint) as cost_nano_usd,
      cast(sum(coalesce(input_tokens, 0)) as bigint) as input_tokens,
      cast(sum(coalesce(output_tokens, 0)) as bigint) as output_tokens
    from request_log where finished_at_ms >= ${Math.round(fromMs)} and finished_at_ms < ${Math.round(toMs)}
    group by 1, 2, 3, 4, 5`.execute(db);
  return rows;
}

class Group {
  #requests = 0;
  #errors = 0;
  #durationMs = 0;
  #costNanoUsd = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  readonly #latencies: Histogram = new Map();

  add(cell: Cell): void {
    this.#requests += cell.requests;
    this.#errors += cell.errors;
    this.#durationMs += cell.duration_ms;
    this.#costNanoUsd += cell.cost_nano_usd;
    this.#inputTokens += cell.input_tokens;
    this.#outputTokens += cell.output_tokens;
    addToHistogram(this.#latencies, cell.bin, cell.requests);
  }

  summarise(id: string | null): StatsAggregate {
    const latency = (share: number): number => Math.round(percentileOf(this.#latencies, share) ?? 0);
    return {
      id,
      requestCount: this.#requests,
      errorCount: this.#errors,
      errorRate: this.#requests === 0 ? 0 : this.#errors / this.#requests,
      averageLatencyMs: this.#requests === 0 ? 0 : this.#durationMs / this.#requests,
      p50LatencyMs: latency(0.5),
      p95LatencyMs: latency(0.95),
      p99LatencyMs: latency(0.99),
      totalCostNanoUsd: this.#costNanoUsd,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      totalTokens: this.#inputTokens + this.#outputTokens,
    };
  }
}

class Groups {
  readonly #groups = new Map<string | null, Group>();

  add(id: string | null, cell: Cell): void {
    const group = this.#groups.get(id) ?? new Group();
    group.add(cell);
    this.#groups.set(id, group);
  }

  list(): StatsAggregate[] {
    return [...this.#groups]
      .map(([id, group]) => group.summarise(id))
      .toSorted((left, right) => right.requestCount - left.requestCount || compare(left.id, right.id));
  }
}

function compare(left: string | null, right: string | null): number {
  return (left ?? "") < (right ?? "") ? -1 : 1;
}
