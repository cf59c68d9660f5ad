import type { RunChangedFact } from "@tokenhub/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DatabaseError } from "../database-error.ts";
import type { Database } from "../open-database.ts";
import { recordFinished } from "../requests/record-finished.ts";
import { createRequestLogRepository } from "../requests/request-log-repository.ts";
import { buildFact, requestIdOf } from "../testing/build-fact.ts";
import {
  buildAnswer,
  buildRunCall,
  buildRunFact,
  buildRunInput,
  runIdOf,
  runOutcomes,
} from "../testing/build-run.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createRunRepository, type RunFilters } from "./run-repository.ts";

const nowMs = 1_795_000_100_000;
const answered = buildRunCall("plan.1", { outcome: buildAnswer() });
const failedCall = buildRunCall("plan.1", {
  outcome: {
    kind: "failed",
    failure: runOutcomes.failed.failure,
    modelId: "gpt-4",
    providerId: "openai",
    usage: null,
    costUsd: null,
    finishedAtMs: nowMs,
  },
});

/** What one run may tell in its life, oldest first. */
const life: readonly RunChangedFact[] = [
  buildRunFact(1),
  buildRunFact(1, { state: { calls: [answered, buildRunCall("critique.1")] }, occurredAtMs: nowMs }),
  buildRunFact(1, {
    state: { calls: [failedCall], outcome: runOutcomes.failed, finishedAtMs: nowMs + 100 },
  }),
  buildRunFact(1, { state: { attempt: 2, pastCalls: [failedCall] }, occurredAtMs: nowMs - 5_000 }),
  buildRunFact(1, {
    state: { attempt: 2, outcome: runOutcomes.cancelled, pastCalls: [failedCall], finishedAtMs: nowMs },
  }),
  buildRunFact(1, {
    state: {
      attempt: 3,
      calls: [{ ...answered, attempt: 3 }],
      pastCalls: [failedCall],
      outcome: runOutcomes.succeeded,
      finishedAtMs: nowMs - 50,
    },
  }),
];

describeDatabases(({ openMigrated, openAgain }) => {
  const record = (db: Database["db"], runs: readonly RunChangedFact[]) =>
    recordFinished(db, { facts: [], runs, nowMs });

  describe("runs", () => {
    test("a run is kept as it was told, with the sums over the calls of all attempts", async () => {
      const { db } = await openMigrated();
      const fact = buildRunFact(1, {
        state: {
          attempt: 2,
          calls: [{ ...answered, attempt: 2 }, buildRunCall("critique.1", { attempt: 2 })],
          pastCalls: [{ ...answered, outcome: buildAnswer({ costUsd: 0.002_000_000_3 }) }, failedCall],
        },
      });
      expect(await record(db, [fact])).toMatchObject({ changedRuns: 1 });
      expect(await createRunRepository(db).get(runIdOf(1))).toEqual({
        runId: runIdOf(1),
        requestId: requestIdOf(1),
        tenantId: "tenant-a",
        projectId: "prj_search",
        keyId: "key_one",
        mode: "adversarial",
        status: "running",
        errorCode: null,
        createdAtMs: fact.input.acceptedAtMs,
        finishedAtMs: null,
        attempt: 2,
        costNanoUsd: 3_000_000,
        inputTokens: 20,
        outputTokens: 40,
        callCount: 4,
        input: fact.input,
        state: fact.state,
      });
    });

    test("the status is what the state says, and a failed run names its error", async () => {
      const { db } = await openMigrated();
      const ended = Object.values(runOutcomes).map((outcome, index) =>
        buildRunFact(index + 1, { state: { outcome, finishedAtMs: nowMs } }),
      );
      await record(db, [...ended, buildRunFact(9)]);
      const { items } = await createRunRepository(db).page({ limit: 9, direction: "asc" });
      expect(items.map(({ status, errorCode, finishedAtMs }) => [status, errorCode, finishedAtMs])).toEqual([
        ["succeeded", null, nowMs],
        ["failed", "provider_error", nowMs],
        ["cancelled", null, nowMs],
        ["running", null, null],
      ]);
    });

    test.each([
      ["an answer without usage", buildAnswer({ usage: null, costUsd: null }), null],
      ["an answer of unknown price", buildAnswer({ costUsd: null }), null],
      ["a free model", buildAnswer({ costUsd: 0 }), 1_000_000],
      ["a failure that nothing is known to have cost", failedCall.outcome, 1_000_000],
    ])("the cost is unknown only where money may be missing from it: %s", async (_, outcome, cost) => {
      const { db } = await openMigrated();
      await record(db, [
        buildRunFact(1, { state: { calls: [answered, buildRunCall("refine.1", { outcome })] } }),
      ]);
      expect(await createRunRepository(db).get(runIdOf(1))).toMatchObject({
        costNanoUsd: cost,
        callCount: 2,
      });
    });

    test("facts in any order, repeated, in whatever batches leave the newest state", async () => {
      const database = await openMigrated();
      const { db } = database;
      let number = 10;
      const batches = fc.array(fc.array(fc.nat(life.length - 1), { minLength: 1, maxLength: 4 }), {
        minLength: 1,
        maxLength: 6,
      });
      await fc.assert(
        fc.asyncProperty(batches, async (order) => {
          number += 1;
          const own = ({ input, ...fact }: RunChangedFact): RunChangedFact => ({
            ...fact,
            input: { ...input, runId: runIdOf(number) },
          });
          let newest = -1;
          for (const batch of order) {
            const changesSomething = batch.some((index) => index > newest);
            newest = Math.max(newest, ...batch);
            const facts = batch.map((index) => own(life[index] as RunChangedFact));
            const { changedRuns } = await record(db, facts);
            expect(changedRuns).toBe(changesSomething ? 1 : 0);
          }
          const stored = await createRunRepository(db).get(runIdOf(number));
          expect(stored?.state).toEqual(life[newest]?.state);
        }),
        { numRuns: 40 },
      );
    });

    test("several gateways that record the same runs at once agree on the newest state", async () => {
      const database = await openMigrated();
      const other = (await openAgain(database)) ?? database;
      const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
      const factsAt = (index: number) =>
        numbers.map((number) => ({
          ...(life[index] as RunChangedFact),
          input: buildRunInput(number),
        }));
      await Promise.all(
        life.flatMap((_, index) => [
          record(database.db, factsAt(index)),
          record(other.db, factsAt(life.length - 1 - index).toReversed()),
        ]),
      );
      const { items, total } = await createRunRepository(database.db).page({ limit: 50 });
      expect(total).toBe(numbers.length);
      expect(new Set(items.map(({ status, attempt }) => `${status} ${attempt}`))).toEqual(
        new Set(["succeeded 3"]),
      );
    });

    test("lists are filtered, counted and paged, newest first, and hold no text of prompts or answers", async () => {
      const { db } = await openMigrated();
      const runs = createRunRepository(db);
      const failed = { outcome: runOutcomes.failed, finishedAtMs: nowMs };
      await record(db, [
        buildRunFact(1),
        buildRunFact(2, { input: { tenantId: "tenant-b", keyId: null, projectId: null } }),
        buildRunFact(3, { state: failed }),
        buildRunFact(4, { input: { settings: { ...buildRunInput(4).settings, mode: "vote" } } }),
      ]);
      const idsOf = async (filters: RunFilters) =>
        (await runs.page({ filters, limit: 10 })).items.map(({ runId }) => runId);
      const ids = (...numbers: number[]) => numbers.map(runIdOf);
      expect(await idsOf({})).toEqual(ids(4, 3, 2, 1));
      expect(await idsOf({ tenantId: "tenant-b" })).toEqual(ids(2));
      expect(await idsOf({ tenantId: "tenant-a", status: "running" })).toEqual(ids(4, 1));
      expect(await idsOf({ status: "failed" })).toEqual(ids(3));
      expect(await idsOf({ mode: "vote" })).toEqual(ids(4));
      expect(await idsOf({ keyId: "key_one", projectId: "prj_search" })).toEqual(ids(4, 3, 1));
      expect(await idsOf({ requestId: requestIdOf(3) })).toEqual(ids(3));
      expect(await idsOf({ fromMs: 1_795_000_000_002, toMs: 1_795_000_000_004 })).toEqual(ids(3, 2));
      const page = await runs.page({ limit: 1, offset: 2 });
      expect(page).toMatchObject({ total: 4, items: [{ runId: runIdOf(2) }] });
      expect(JSON.stringify(page)).not.toContain("question");
    });

    test("a run is found by whoever it belongs to, and by nobody else who names a tenant", async () => {
      const { db } = await openMigrated();
      await record(db, [buildRunFact(1)]);
      const runs = createRunRepository(db);
      expect(await runs.get(runIdOf(1), { tenantId: "tenant-a" })).not.toBeNull();
      expect(await runs.get(runIdOf(1), { tenantId: "tenant-b" })).toBeNull();
      expect(await runs.get(runIdOf(2))).toBeNull();
    });

    test("the calls of a run are found in the request log, under its mode", async () => {
      const { db } = await openMigrated();
      const facts = [buildFact(1, { runId: runIdOf(1) }), buildFact(2), buildFact(3, { runId: runIdOf(1) })];
      await recordFinished(db, { facts, runs: [buildRunFact(1)], nowMs });
      await recordFinished(db, { facts: [buildFact(4, { runId: runIdOf(9) })], nowMs });
      const log = createRequestLogRepository(db);
      const { items, total } = await log.page({ filters: { runId: runIdOf(1) }, limit: 10 });
      expect(total).toBe(2);
      const run = { runId: runIdOf(1), orchestrationMode: "adversarial" };
      expect(items).toMatchObject([
        { requestId: requestIdOf(3), ...run },
        { requestId: requestIdOf(1), ...run },
      ]);
      expect(await log.get(requestIdOf(2))).toMatchObject({ runId: null, orchestrationMode: "simple" });
      // Its run has told nothing yet.
      expect(await log.get(requestIdOf(4))).toMatchObject({ orchestrationMode: "unknown" });
    });

    test("a row that somebody has spoilt is named, and does not spoil the list", async () => {
      const { db } = await openMigrated();
      await record(db, [buildRunFact(1)]);
      await db.updateTable("runs").set({ state_json: '{"v":7}' }).execute();
      await expect(createRunRepository(db).get(runIdOf(1))).rejects.toThrow(DatabaseError);
      expect((await createRunRepository(db).page({ limit: 1 })).total).toBe(1);
    });
  });
});
