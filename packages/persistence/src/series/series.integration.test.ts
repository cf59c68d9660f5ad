import { describe, expect, test } from "vitest";
import type { Database } from "../open-database.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { transaction } from "../transaction.ts";
import { addSeriesValues } from "./add-series-values.ts";
import { downsampleSeries } from "./downsample-series.ts";
import { pruneSeries } from "./prune-series.ts";
import { createSeriesRepository, type SeriesQuery } from "./series-repository.ts";

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 10, 2);

interface Sample {
  readonly timeMs: number;
  readonly value: number;
  readonly metric?: string;
  readonly modelId?: string;
  readonly providerId?: string;
}

function add(db: Database["db"], samples: readonly Sample[], nowMs = startMs): Promise<void> {
  const values = samples.map((sample) => ({ metric: "latency", modelId: "m", providerId: "p", ...sample }));
  return transaction(db, (begun) => addSeriesValues(begun, { values, nowMs }));
}

function query(db: Database["db"], fields: Partial<SeriesQuery> = {}) {
  return createSeriesRepository(db).query({
    metric: "latency",
    fromMs: startMs,
    toMs: startMs + 10 * dayMs,
    stepMs: minuteMs,
    ...fields,
  });
}

describeDatabases(({ openMigrated }) => {
  describe("time series", () => {
    test("S1-33: values come back by metric, model and provider over a range of time, in steps", async () => {
      const { db } = await openMigrated();
      await add(db, [
        { timeMs: startMs, value: 100 },
        { timeMs: startMs + 59_999, value: 300 },
        { timeMs: startMs + minuteMs, value: 500 },
        { timeMs: startMs + minuteMs, value: 7, providerId: "other" },
        { timeMs: startMs, value: 9, modelId: "", providerId: "" },
        { timeMs: startMs, value: 1_000, metric: "tokens" },
      ]);
      const mine = await query(db, { modelId: "m", providerId: "p" });
      expect(mine).toMatchObject([
        {
          metric: "latency",
          modelId: "m",
          providerId: "p",
          points: [
            { timeMs: startMs, count: 2, sum: 400, min: 100, max: 300, average: 200 },
            { timeMs: startMs + minuteMs, count: 1, sum: 500 },
          ],
        },
      ]);
      expect((await query(db)).map(({ modelId, providerId }) => [modelId, providerId])).toEqual([
        [null, null],
        ["m", "other"],
        ["m", "p"],
      ]);
      const [stepped] = await query(db, { providerId: "p", stepMs: 5 * minuteMs });
      expect(stepped?.points).toMatchObject([{ timeMs: startMs, count: 3, sum: 900 }]);
      expect(await query(db, { fromMs: startMs + minuteMs, modelId: "" })).toEqual([]);
      const [late] = await query(db, {
        fromMs: startMs + minuteMs,
        toMs: startMs + 2 * minuteMs,
        providerId: "p",
      });
      expect(late?.points).toHaveLength(1);
      expect(await query(db, { metric: "tokens" })).toMatchObject([{ points: [{ p50: null, sum: 1_000 }] }]);
      expect(await createSeriesRepository(db).metrics()).toEqual(["latency", "tokens"]);
    });

    test("S1-33: percentiles of a window are those of all its values, within 5 %, over minutes, batches and series", async () => {
      const { db } = await openMigrated();
      const values = Array.from({ length: 1_000 }, (_, index) => 10 + ((index * 7_919) % 5_000));
      for (let batch = 0; batch < 10; batch += 1) {
        const samples = values
          .slice(batch * 100, batch * 100 + 100)
          .map((value, index) => ({ timeMs: startMs + (index % 30) * minuteMs, value }));
        await add(db, samples);
      }
      const [series] = await query(db, { stepMs: hourMs });
      const sorted = values.toSorted((left, right) => left - right);
      const point = series?.points[0];
      expect(point?.count).toBe(1_000);
      for (const [estimate, rank] of [
        [point?.p50, 499],
        [point?.p95, 949],
        [point?.p99, 989],
      ] as const) {
        const truth = sorted[rank] ?? 0;
        expect(Math.abs((estimate ?? 0) - truth)).toBeLessThanOrEqual(0.05 * truth);
      }
    });

    test("S1-33: hours and days say what the minutes said, and making them again changes nothing", async () => {
      const { db } = await openMigrated();
      const samples = Array.from({ length: 200 }, (_, index) => ({
        timeMs: startMs + index * 15 * minuteMs,
        value: 1 + (index % 50),
        modelId: index % 2 === 0 ? "m" : "n",
      }));
      await add(db, samples);
      const day = { stepMs: dayMs, toMs: startMs + 3 * dayMs };
      const before = [await query(db, day), await query(db, { ...day, stepMs: hourMs })];
      const nowMs = startMs + 3 * dayMs + hourMs;
      expect(await downsampleSeries(db, { nowMs })).toBeGreaterThan(50);
      const after = [await query(db, day), await query(db, { ...day, stepMs: hourMs })];
      expect(after).toEqual(before);
      await downsampleSeries(db, { nowMs: nowMs + minuteMs });
      expect([await query(db, day), await query(db, { ...day, stepMs: hourMs })]).toEqual(before);
      const coarse = await db
        .selectFrom("series_points")
        .select((column) => column.fn.sum<number>("count").as("count"))
        .groupBy("resolution_s")
        .orderBy("resolution_s")
        .execute();
      expect(coarse.map(({ count }) => Number(count))).toEqual([200, 200, 200]);
    });

    test("a value that comes after its hour and day were made is taken into both", async () => {
      const { db } = await openMigrated();
      await add(db, [{ timeMs: startMs, value: 1 }]);
      await downsampleSeries(db, { nowMs: startMs + 3 * dayMs });
      await add(db, [{ timeMs: startMs + 5 * minuteMs, value: 5 }], startMs + 3 * dayMs);
      await downsampleSeries(db, { nowMs: startMs + 3 * dayMs + 20 * minuteMs });
      for (const stepMs of [hourMs, dayMs]) {
        expect(await query(db, { stepMs })).toMatchObject([{ points: [{ count: 2, sum: 6, max: 5 }] }]);
      }
      expect(await db.selectFrom("series_changes").selectAll().execute()).toEqual([]);
    });

    test("a range that begins and ends within hours gets exactly its minutes", async () => {
      const { db } = await openMigrated();
      const samples = Array.from({ length: 300 }, (_, index) => ({
        timeMs: startMs + index * minuteMs,
        value: 1,
      }));
      await add(db, samples);
      await downsampleSeries(db, { nowMs: startMs + 5 * hourMs });
      const [series] = await query(db, {
        fromMs: startMs + 30 * minuteMs,
        toMs: startMs + 200 * minuteMs,
        stepMs: hourMs,
      });
      expect(series?.points.map(({ count }) => count)).toEqual([30, 60, 60, 20]);
    });

    test("S1-33: pruning deletes minutes only as far as hours are made of them, and answers go on", async () => {
      const { db } = await openMigrated();
      const samples = Array.from({ length: 96 }, (_, index) => ({
        timeMs: startMs + index * 30 * minuteMs,
        value: 2,
      }));
      await add(db, samples);
      const retention = { 60: dayMs, 3_600: 60 * dayMs, 86_400: null };
      const nowMs = startMs + 10 * dayMs;
      expect(await pruneSeries(db, { nowMs, retention, batchRows: 10 })).toBe(0);
      await downsampleSeries(db, { nowMs });
      expect(await pruneSeries(db, { nowMs, retention, batchRows: 10 })).toBe(96);
      for (const stepMs of [minuteMs, hourMs, dayMs]) {
        const [series] = await query(db, { stepMs });
        expect(series?.points.reduce((sum, { count }) => sum + count, 0)).toBe(96);
      }
      const muchLaterMs = startMs + 100 * dayMs;
      await downsampleSeries(db, { nowMs: muchLaterMs });
      expect(await pruneSeries(db, { nowMs: muchLaterMs, retention, batchRows: 10 })).toBe(48);
      expect((await query(db))[0]?.points.map(({ count }) => count)).toEqual([48, 48]);
    });

    test("a value that comes when its minutes are deleted does not replace the hour they made", async () => {
      const { db } = await openMigrated();
      await add(
        db,
        [1, 2, 3].map((value) => ({ timeMs: startMs, value })),
      );
      const retention = { 60: dayMs, 3_600: null, 86_400: null };
      const nowMs = startMs + 10 * dayMs;
      await downsampleSeries(db, { nowMs });
      await pruneSeries(db, { nowMs, retention, batchRows: 100 });
      await add(db, [{ timeMs: startMs + minuteMs, value: 4 }], nowMs);
      await downsampleSeries(db, { nowMs: nowMs + hourMs });
      expect(await query(db, { stepMs: hourMs })).toMatchObject([{ points: [{ count: 3 }] }]);
    });
  });
});
