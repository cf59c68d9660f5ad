import fc from "fast-check";
import type { BanditArm } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { createEventRepository } from "../events/event-repository.ts";
import { createSeriesRepository } from "../series/series-repository.ts";
import { buildFact, buildIncident, buildReward, requestIdOf } from "../testing/build-fact.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createBanditArmRepository, type ArmUpdate } from "./bandit-arm-repository.ts";
import { recordFinished } from "./record-finished.ts";
import { createRequestLogRepository } from "./request-log-repository.ts";
import { createRewardRepository } from "./reward-repository.ts";
import { createSpendRepository, monthOf } from "./spend-repository.ts";
import type { Database } from "../open-database.ts";

const nowMs = 1_795_000_100_000;
const key = { scopeKind: "key", scopeId: "key_one", month: monthOf(nowMs) } as const;

/** Counts rewards without decay, so that the sum shows what was learned and how often. */
const learn: ArmUpdate = (arm, rewards) => ({
  ...arm,
  alpha: arm.alpha + rewards.reduce((sum, { reward }) => sum + reward, 0),
  beta: arm.beta + rewards.reduce((sum, { reward }) => sum + 1 - reward, 0),
});

describeDatabases(({ openMigrated, openAgain }) => {
  const record = (db: Database["db"], numbers: readonly number[]) => {
    const facts = numbers.map((number) => buildFact(number));
    return recordFinished(db, {
      facts,
      rewards: facts.map((fact) => buildReward(fact)),
      updateArm: learn,
      eventsOf: ({ result, finishedAtMs }) => [
        { timestampMs: finishedAtMs, type: "route_success", data: { request_id: result.requestId } },
      ],
      nowMs,
    });
  };
  const totalsOf = async (db: Database["db"]) => ({
    rows: (await createRequestLogRepository(db).page({ limit: 1 })).total,
    spend: await createSpendRepository(db).get(key),
    rewards: (await createRewardRepository(db).page({ limit: 1 })).total,
    arms: await createBanditArmRepository(db).list(),
    events: (await createEventRepository(db).listAfter(0, { limit: 1_000 })).length,
    latency: (
      await createSeriesRepository(db).query({ metric: "latency", fromMs: 0, toMs: 2e12, stepMs: 86_400_000 })
    ).map(({ points }) => points.reduce((sum, { count }) => sum + count, 0)),
  });

  describe("recording finished requests", () => {
    test("S2-40, S1-22, S1-23, S1-24: log, spend, rewards, arms, series and events follow from the same facts", async () => {
      const { db } = await openMigrated();
      const { fresh, events } = await record(db, [1, 2, 3]);
      expect(fresh.map(({ result }) => result.requestId)).toEqual([1, 2, 3].map(requestIdOf));
      expect(events.map(({ id }) => id)).toEqual([1, 2, 3]);
      expect(await totalsOf(db)).toEqual({
        rows: 3,
        spend: {
          ...key,
          costNanoUsd: 4_500_000,
          requestCount: 3,
          unpricedCount: 0,
          inputTokens: 30,
          outputTokens: 60,
        },
        rewards: 3,
        arms: [
          {
            modelId: "gpt-4",
            tokenBucket: "small",
            alpha: 3.25,
            beta: 1.75,
            updatedAtMs: expect.any(Number),
          },
        ],
        events: 3,
        latency: [3],
      });
    });

    test("the same facts again, in any batches, change nothing at all", async () => {
      const { db } = await openMigrated();
      await record(db, [1, 2, 3, 4]);
      const before = await totalsOf(db);
      const repeated = await record(db, [4, 3]);
      expect(repeated).toEqual({ fresh: [], freshIncidents: 0, changedRuns: 0, events: [] });
      await record(db, [1]);
      expect(await totalsOf(db)).toEqual(before);
      const mixed = await record(db, [2, 5, 5, 1]);
      expect(mixed.fresh.map(({ result }) => result.requestId)).toEqual([requestIdOf(5)]);
      expect(await totalsOf(db)).toMatchObject({ rows: 5, rewards: 5, events: 5, latency: [5] });
    });

    test("S1d-39: two recorders with overlapping batches at once count every fact once", async () => {
      const database = await openMigrated();
      const { db } = database;
      const other = (await openAgain(database)) ?? database;
      const numbers = Array.from({ length: 64 }, (_, index) => index);
      await Promise.all([
        record(db, numbers.slice(0, 40)),
        record(other.db, numbers.slice(20)),
        record(db, numbers.toReversed().slice(10, 50)),
        record(other.db, [...numbers.slice(30), ...numbers.slice(0, 30)]),
      ]);
      const totals = await totalsOf(db);
      expect(totals).toMatchObject({ rows: 64, rewards: 64, events: 64, latency: [64] });
      expect(totals.spend.requestCount).toBe(64);
      expect(totals.arms).toMatchObject([{ alpha: 1 + 64 * 0.75, beta: 1 + 64 * 0.25 }]);
    });

    test("when any part fails nothing is kept, and the batch can be repeated", async () => {
      const { db } = await openMigrated();
      const failing = recordFinished(db, {
        facts: [buildFact(1)],
        rewards: [buildReward(buildFact(1))],
        updateArm: () => {
          throw new Error("cannot learn");
        },
        nowMs,
      });
      await expect(failing).rejects.toThrow("cannot learn");
      expect(await totalsOf(db)).toMatchObject({ rows: 0, rewards: 0, events: 0, latency: [], arms: [] });
      await record(db, [1]);
      expect(await totalsOf(db)).toMatchObject({ rows: 1, latency: [1] });
    });

    test("incidents are written with the batch, once", async () => {
      const { db } = await openMigrated();
      const batch = { facts: [], incidents: [buildIncident(1), buildIncident(2)], nowMs };
      expect((await recordFinished(db, batch)).freshIncidents).toBe(2);
      expect((await recordFinished(db, batch)).freshIncidents).toBe(0);
    });

    test("hostile ids cannot hold up the recorder", async () => {
      const { db } = await openMigrated();
      const hostile = { modelId: "m\0\uD800", providerId: "p\0" };
      const fact = buildFact(1, { tenantId: "t\0", keyId: "k\0", result: hostile });
      const reward = { ...buildReward(fact), ...hostile };
      const data = { text: "nul \0 half \uDC00" };
      const { fresh } = await recordFinished(db, {
        facts: [fact],
        rewards: [reward],
        updateArm: learn,
        eventsOf: () => [{ timestampMs: 1, type: "x", data }],
        nowMs,
      });
      expect(fresh).toHaveLength(1);
      expect((await createEventRepository(db).listAfter(0, { limit: 1 }))[0]?.data).toEqual(data);
    });
  });

  describe("spend", () => {
    const at = (acceptedAtMs: number) => ({ acceptedAtMs, finishedAtMs: acceptedAtMs + 1_000 });

    test("requests count for key, project and tenant, in the calendar month of UTC they were accepted in", async () => {
      const { db } = await openMigrated();
      const decemberMs = Date.UTC(2026, 11, 1);
      await recordFinished(db, {
        facts: [
          buildFact(1, at(decemberMs - 1)),
          buildFact(2, at(decemberMs)),
          buildFact(3, { ...at(decemberMs + 5), keyId: null, projectId: null }),
          buildFact(4, { ...at(decemberMs + 6), result: { costUsd: null } }),
          buildFact(5, { ...at(decemberMs + 7), result: { costUsd: null, usage: null, outcome: "failed" } }),
        ],
        nowMs,
      });
      const spend = createSpendRepository(db);
      const of = (scopeKind: "key" | "project" | "tenant", scopeId: string, month: string) =>
        spend.get({ scopeKind, scopeId, month });
      expect(await of("key", "key_one", "2026-11")).toMatchObject({
        requestCount: 1,
        costNanoUsd: 1_500_000,
      });
      expect(await of("key", "key_one", "2026-12")).toMatchObject({
        requestCount: 3,
        costNanoUsd: 1_500_000,
        unpricedCount: 1,
      });
      expect(await of("project", "prj_search", "2026-12")).toMatchObject({ requestCount: 3 });
      expect(await of("tenant", "tenant-a", "2026-12")).toMatchObject({
        requestCount: 4,
        costNanoUsd: 3_000_000,
      });
      expect(await of("tenant", "nobody", "2026-12")).toMatchObject({ requestCount: 0, costNanoUsd: 0 });
      const listed = await spend.list({ scopeKind: "key", month: "2026-12" });
      expect(listed.map(({ scopeId }) => scopeId)).toEqual(["key_one"]);
      expect(await spend.list({ scopeKind: "key", month: "2026-12", scopeIds: [] })).toEqual([]);
      expect(await spend.list({ scopeKind: "key", month: "2026-12", scopeIds: ["x"] })).toEqual([]);
      expect((await spend.history({ scopeKind: "key", scopeId: "key_one", limit: 1 }))[0]?.month).toBe(
        "2026-12",
      );
    });

    test("spend since a reset counts to the millisecond, also on the first of a month", async () => {
      const { db } = await openMigrated();
      const resetMs = Date.UTC(2026, 11, 1, 0, 0, 0, 1);
      const facts = [resetMs - 1, resetMs, resetMs + 1].map((timeMs, index) => buildFact(index, at(timeMs)));
      await recordFinished(db, { facts, nowMs });
      const spend = createSpendRepository(db);
      expect(await spend.spendSince("key_one", resetMs)).toBe(3_000_000);
      expect(await spend.spendSince("key_one", resetMs - 1)).toBe(4_500_000);
      expect(await spend.spendSince("key_two", 0)).toBe(0);
    });

    test("billions of nano-dollars add up exactly", async () => {
      const { db } = await openMigrated();
      const facts = Array.from({ length: 30 }, (_, index) =>
        buildFact(index, { result: { costUsd: 1_234.000_000_001 } }),
      );
      await recordFinished(db, { facts, nowMs });
      expect((await createSpendRepository(db).get(key)).costNanoUsd).toBe(30 * 1_234_000_000_001);
    });
  });

  describe("rewards and arms", () => {
    test("S1-23, S1-24: a reward comes back with context, action and outcome, and its time as a number", async () => {
      const { db } = await openMigrated();
      const fact = buildFact(1);
      const rewards = [
        {
          ...buildReward(fact),
          succeeded: false,
          errorClass: "transient",
          reward: 0,
          modelId: "other",
        } as const,
        { ...buildReward(fact), attemptIndex: 1, propensity: 0.25, explored: true, latencyBudgetMs: 10_000 },
      ];
      await recordFinished(db, { facts: [fact], rewards, nowMs });
      const repository = createRewardRepository(db);
      const page = await repository.page({ limit: 10 });
      expect(page).toEqual({ items: rewards.toReversed(), total: 2 });
      const found = async (filters: Parameters<typeof repository.page>[0]["filters"]): Promise<number[]> =>
        (await repository.page({ limit: 10, filters: filters ?? {} })).items.map(
          ({ attemptIndex }) => attemptIndex,
        );
      expect(await found({ modelId: "other" })).toEqual([0]);
      expect(await found({ requestId: requestIdOf(1), explored: true })).toEqual([1]);
      expect(await found({ tenantId: "tenant-a", keyId: "key_one", succeeded: true })).toEqual([1]);
      expect(await found({ tokenBucket: "large" })).toEqual([]);
      expect(
        await found({ providerId: "openai", fromMs: fact.finishedAtMs, toMs: fact.finishedAtMs + 1 }),
      ).toHaveLength(2);
      expect(await repository.setQuality(requestIdOf(1), 0.5)).toBe(true);
      expect(await repository.setQuality(requestIdOf(2), 0.5)).toBe(false);
      const qualities = (await repository.page({ limit: 10 })).items.map(({ quality }) => quality);
      expect(qualities).toEqual([0.5, null]);
    });

    test("an arm sees its own rewards, oldest first, and starts at Beta(1, 1)", async () => {
      const { db } = await openMigrated();
      const seen: [BanditArm, string[]][] = [];
      const rewards = [3, 1, 2].map((number) => buildReward(buildFact(number)));
      await recordFinished(db, {
        facts: [1, 2, 3].map((number) => buildFact(number)),
        rewards: [...rewards, { ...buildReward(buildFact(1)), attemptIndex: 1, tokenBucket: "large" }],
        updateArm: (arm, mine) => {
          seen.push([arm, mine.map(({ requestId }) => requestId)]);
          return arm;
        },
        nowMs,
      });
      expect(seen.map(([arm, ids]) => [arm.tokenBucket, arm.alpha, arm.beta, ids])).toEqual([
        ["large", 1, 1, [requestIdOf(1)]],
        ["small", 1, 1, [1, 2, 3].map(requestIdOf)],
      ]);
    });

    test("learning anew replaces every arm", async () => {
      const { db } = await openMigrated();
      const arms = createBanditArmRepository(db);
      await record(db, [1]);
      const anew = [
        { modelId: "a", tokenBucket: "large", alpha: 2.5, beta: 1.25, updatedAtMs: 5 },
        { modelId: "a", tokenBucket: "small", alpha: 1, beta: 9, updatedAtMs: 6 },
      ] as const;
      await arms.replaceAll(anew);
      expect(await arms.list()).toEqual(anew);
      await arms.replaceAll([]);
      expect(await arms.list()).toEqual([]);
    });
  });

  test(
    "property: whatever the batches and repetitions, every fact counts once",
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 8 }), { maxLength: 6 }),
          async (batches) => {
            await using database = await openMigrated();
            for (const batch of batches) await record(database.db, batch);
            const distinct = new Set(batches.flat()).size;
            const { rows, rewards, events, spend } = await totalsOf(database.db);
            expect([rows, rewards, events, spend.requestCount]).toEqual(Array(4).fill(distinct));
          },
        ),
        { numRuns: 10 },
      );
    },
  );
});
