import { describe, expect, test } from "vitest";
import { buildFact } from "../testing/build-fact.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { loadStats } from "./load-stats.ts";
import { recordFinished } from "./record-finished.ts";

const nowMs = 1_795_000_000_000;

describeDatabases(({ openMigrated }) => {
  describe("statistics", () => {
    test("an empty installation has all windows, all zero", async () => {
      const { db } = await openMigrated();
      const stats = await loadStats(db, { nowMs });
      expect(stats.map(({ window }) => window)).toEqual(["1m", "5m", "1h", "24h"]);
      expect(stats[0]).toMatchObject({
        global: { requestCount: 0, errorRate: 0, averageLatencyMs: 0, p95LatencyMs: 0 },
        byModel: [],
        byKey: [],
      });
    });

    test("requests count in every window they finished in, for all, by model, provider, key and mode", async () => {
      const { db } = await openMigrated();
      const finished = (agoMs: number) => ({
        acceptedAtMs: nowMs - agoMs - 500,
        finishedAtMs: nowMs - agoMs,
      });
      const other = { modelId: "claude", providerId: "anthropic" };
      await recordFinished(db, {
        facts: [
          buildFact(1, finished(0)),
          buildFact(2, { ...finished(60_000), result: other }),
          buildFact(3, { ...finished(60_001), keyId: null }),
          buildFact(4, { ...finished(3_000_000), result: { ...other, outcome: "failed", costUsd: null } }),
          buildFact(5, { ...finished(80_000_000), result: { outcome: "cancelled", durationMs: 0 } }),
          buildFact(6, finished(90_000_000)),
          buildFact(7, {
            ...finished(100),
            result: {
              modelId: null,
              providerId: null,
              decision: null,
              outcome: "failed",
              usage: null,
              costUsd: null,
            },
          }),
        ],
        nowMs,
      });
      const stats = await loadStats(db, { nowMs });
      expect(stats.map(({ global }) => global.requestCount)).toEqual([3, 4, 5, 6]);
      const day = stats[3];
      expect(day?.global).toMatchObject({
        id: null,
        errorCount: 2,
        errorRate: 2 / 6,
        averageLatencyMs: (5 * 1_500) / 6,
        totalCostNanoUsd: 4 * 1_500_000,
        inputTokens: 50,
        outputTokens: 100,
        totalTokens: 150,
      });
      const countsOf = (groups: readonly { id: string | null; requestCount: number }[] | undefined) =>
        groups?.map(({ id, requestCount }) => [id, requestCount]);
      expect(countsOf(day?.byModel)).toEqual([
        ["gpt-4", 3],
        ["claude", 2],
        [null, 1],
      ]);
      expect(countsOf(day?.byProvider)).toEqual([
        ["openai", 3],
        ["anthropic", 2],
        [null, 1],
      ]);
      expect(countsOf(day?.byKey)).toEqual([
        ["key_one", 5],
        [null, 1],
      ]);
      expect(countsOf(day?.byMode)).toEqual([
        ["normal", 5],
        [null, 1],
      ]);
      expect(stats[2]?.byModel.find(({ id }) => id === "claude")).toMatchObject({
        errorCount: 1,
        errorRate: 0.5,
      });
    });

    test("percentiles lie within 5 % of the exact ones", async () => {
      const { db } = await openMigrated();
      const durations = Array.from({ length: 400 }, (_, index) => ((index * 7_919) % 30_000) + 1);
      const facts = durations.map((durationMs, index) =>
        buildFact(index, { finishedAtMs: nowMs - index * 100, result: { durationMs } }),
      );
      await recordFinished(db, { facts, nowMs });
      const [stats] = await loadStats(db, { nowMs, windows: [{ name: "1h", spanMs: 3_600_000 }] });
      const sorted = durations.toSorted((left, right) => left - right);
      for (const [estimate, rank] of [
        [stats?.global.p50LatencyMs, 199],
        [stats?.global.p95LatencyMs, 379],
        [stats?.global.p99LatencyMs, 395],
      ] as const) {
        const truth = sorted[rank] ?? 0;
        expect(Math.abs((estimate ?? 0) - truth)).toBeLessThanOrEqual(0.05 * truth);
      }
    });
  });
});
