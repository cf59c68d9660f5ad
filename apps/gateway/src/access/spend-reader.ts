import {
  createJobRepository,
  createSpendRepository,
  monthOf,
  type SpendScopeKind,
} from "@tokenhub/persistence";
import type { AccessDatabase } from "./access-store.ts";

/** Whose money it is, and since when it counts. */
export interface SpendScope {
  readonly kind: SpendScopeKind;
  readonly id: string;
  /** When the budget was last set back; null: never. */
  readonly resetAtMs: number | null;
}

/** What has been recorded of spend. */
export interface SpendReader {
  /**
   * Billionths of a US dollar since the start of the calendar month in UTC, or since the reset when that is later; what jobs
   * that have not ended may cost is among it.
   */
  spentNanoUsd(scope: SpendScope, nowMs: number): Promise<number>;
  /** The same for many of one kind at once, by their ids; who has spent nothing may be missing. */
  spentByMany(
    kind: SpendScopeKind,
    scopes: readonly Omit<SpendScope, "kind">[],
    nowMs: number,
  ): Promise<ReadonlyMap<string, number>>;
  /** Those of the requests whose cost is in the sums. Ask before the sums, and nothing can be missing from both. */
  recorded(requestIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Midnight UTC of the first day of a time's month. */
function monthStartMs(timeMs: number): number {
  return Date.parse(`${monthOf(timeMs)}-01T00:00:00Z`);
}

/** Since when spend counts now: the month's start, or a reset after it. */
export function spendSinceMs(resetAtMs: number | null, nowMs: number): number {
  return Math.max(monthStartMs(nowMs), resetAtMs ?? 0);
}

const idsPerQuery = 500;

export function createSpendReader(db: AccessDatabase): SpendReader {
  const spend = createSpendRepository(db);
  const jobs = createJobRepository(db);
  const isReset = (resetAtMs: number | null, nowMs: number): resetAtMs is number =>
    resetAtMs !== null && resetAtMs > monthStartMs(nowMs);

  return {
    async spentNanoUsd({ kind, id, resetAtMs }, nowMs) {
      const reservedNanoUsd = await jobs.reservedNanoUsd({ kind, id });
      if (kind === "key" && isReset(resetAtMs, nowMs))
        return reservedNanoUsd + (await spend.spendSince(id, resetAtMs));
      const { costNanoUsd } = await spend.get({ scopeKind: kind, scopeId: id, month: monthOf(nowMs) });
      return reservedNanoUsd + costNanoUsd;
    },
    async spentByMany(kind, scopes, nowMs) {
      const spent = new Map<string, number>();
      const wasReset = (resetAtMs: number | null) => kind === "key" && isReset(resetAtMs, nowMs);
      const scopeIds = scopes.filter(({ resetAtMs }) => !wasReset(resetAtMs)).map(({ id }) => id);
      for (const row of await spend.list({ scopeKind: kind, month: monthOf(nowMs), scopeIds }))
        spent.set(row.scopeId, row.costNanoUsd);
      for (const { id, resetAtMs } of scopes)
        if (resetAtMs !== null && wasReset(resetAtMs)) spent.set(id, await spend.spendSince(id, resetAtMs));
      return spent;
    },
    async recorded(requestIds) {
      const found = new Set<string>();
      for (let start = 0; start < requestIds.length; start += idsPerQuery) {
        const ids = requestIds.slice(start, start + idsPerQuery);
        const rows = await db
          .selectFrom("request_log")
          .select("request_id")
          .where("request_id", "in", ids)
          .execute();
        // An orchestration's cost is that of its calls, which are all recorded by the time its end is.
        const runs = await db
          .selectFrom("runs")
          .select("request_id")
          .where("request_id", "in", ids)
          .where("finished_at_ms", "is not", null)
          .execute();
        // A job counts from its acceptance on.
        const accepted = await db
          .selectFrom("jobs")
          .select("request_id")
          .where("request_id", "in", ids)
          .execute();
        for (const row of [...rows, ...runs, ...accepted]) found.add(row.request_id);
      }
      return found;
    },
  };
}
