import type { Kysely } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import { insertRows } from "../insert-rows.ts";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";
import { markChanges } from "./mark-changes.ts";
import { seriesResolutions } from "./series-metrics.ts";
import { createSeriesRepository } from "./series-repository.ts";
import { PointCollection, pointOfRow, rowOfPoint } from "./series-point.ts";

/** A write that was under way when a span ended may land so much later, and clocks of gateways differ. */
const overlapMs = 600_000;

/**
 * Makes the points of an hour from those of its minutes, and those of a day from its hours: every span that has ended since
 * the last run, and those that late values have changed since. A span is made anew as a whole, so repeating it, or running
 * on several gateways, changes nothing. Gives the number of spans that were made.
 */
export async function downsampleSeries(
  db: Kysely<Schema>,
  { nowMs }: { readonly nowMs: number },
): Promise<number> {
  let made = 0;
  for (const [index, coarseS] of seriesResolutions.entries()) {
    const fineS = seriesResolutions[index - 1];
    if (fineS !== undefined) made += await downsampleTo(db, { fineS, coarseS, nowMs });
  }
  return made;
}

interface Step {
  readonly fineS: number;
  readonly coarseS: number;
  readonly nowMs: number;
}

async function downsampleTo(db: Kysely<Schema>, step: Step): Promise<number> {
  const { fineS, coarseS, nowMs } = step;
  const spanMs = coarseS * 1_000;
  const untilMs = Math.floor(nowMs / spanMs) * spanMs;
  const { downsampled_until_ms: madeUntilMs } = await progressOf(db, coarseS);
  const { pruned_before_ms: prunedBeforeMs } = await progressOf(db, fineS);
  const changed = await db
    .selectFrom("series_changes")
    .select("span_ms")
    .where("resolution_s", "=", coarseS)
    .where("span_ms", "<", untilMs)
    .execute();
  const starts = new Set(changed.map((row) => row.span_ms));
  const firstMs = await firstUnmade(db, { fineS, spanMs, madeUntilMs });
  if (firstMs !== null) for (let startMs = firstMs; startMs < untilMs; startMs += spanMs) starts.add(startMs);
  const isFresh = nowMs - untilMs < overlapMs;
  if (isFresh) starts.add(untilMs - spanMs);
  const metrics = await createSeriesRepository(db).metrics();
  for (const startMs of [...starts].toSorted((left, right) => left - right)) {
    // When a part is deleted already, what is left must not replace the whole.
    await makeSpan(db, { ...step, startMs, metrics: startMs < prunedBeforeMs ? [] : metrics });
    await nextTurn();
  }
  await db
    .updateTable("series_progress")
    .set({ downsampled_until_ms: untilMs })
    .where("resolution_s", "=", coarseS)
    .where("downsampled_until_ms", "<", untilMs)
    .execute();
  return starts.size;
}

/** The first span after the made ones that has any points; null when there is none. */
async function firstUnmade(
  db: Kysely<Schema>,
  {
    fineS,
    spanMs,
    madeUntilMs,
  }: { readonly fineS: number; readonly spanMs: number; readonly madeUntilMs: number },
): Promise<number | null> {
  let firstMs: number | null = null;
  for (const metric of await createSeriesRepository(db).metrics()) {
    const row = await db
      .selectFrom("series_points")
      .select("bucket_ms")
      .where("metric", "=", metric)
      .where("resolution_s", "=", fineS)
      .where("bucket_ms", ">=", madeUntilMs)
      .orderBy("bucket_ms")
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) firstMs = Math.min(firstMs ?? row.bucket_ms, row.bucket_ms);
  }
  return firstMs === null ? null : Math.floor(firstMs / spanMs) * spanMs;
}

async function makeSpan(
  db: Kysely<Schema>,
  {
    fineS,
    coarseS,
    nowMs,
    startMs,
    metrics,
  }: Step & { readonly startMs: number; readonly metrics: readonly string[] },
): Promise<void> {
  await transaction(db, async (begun) => {
    // First, so that a value which comes after the reading below marks the span again.
    await begun
      .deleteFrom("series_changes")
      .where("resolution_s", "=", coarseS)
      .where("span_ms", "=", startMs)
      .execute();
    for (const metric of metrics) {
      const rows = await begun
        .selectFrom("series_points")
        .selectAll()
        .where("metric", "=", metric)
        .where("resolution_s", "=", fineS)
        .where("bucket_ms", ">=", startMs)
        .where("bucket_ms", "<", startMs + coarseS * 1_000)
        .execute();
      const collection = new PointCollection(coarseS * 1_000);
      for (const row of rows) collection.merge(pointOfRow(row));
      await insertRows(begun, {
        table: "series_points",
        rows: collection.list().map((point) => rowOfPoint(point, { resolutionS: coarseS })),
        clause: `on conflict (metric, resolution_s, bucket_ms, model_id, provider_id) do update set
          count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
          histogram_json = excluded.histogram_json`,
      });
    }
    const coarserS = seriesResolutions[seriesResolutions.findIndex((span) => span === coarseS) + 1];
    if (coarserS !== undefined) {
      await markChanges(begun, { resolutionS: coarserS, timesMs: [startMs], nowMs });
    }
  });
}

export function progressOf(db: Kysely<Schema>, resolutionS: number) {
  return db
    .selectFrom("series_progress")
    .selectAll()
    .where("resolution_s", "=", resolutionS)
    .executeTakeFirstOrThrow();
}
