import { expect, test } from "vitest";
import { createAdminSessionRepository } from "../access/admin-session-repository.ts";
import { createAuditRepository } from "../audit/audit-repository.ts";
import { createEventRepository } from "../events/event-repository.ts";
import { createJobRepository } from "../jobs/job-repository.ts";
import { recordFinished } from "../requests/record-finished.ts";
import { createSpendRepository, monthOf } from "../requests/spend-repository.ts";
import { createRunRepository } from "../runs/run-repository.ts";
import { buildFact, buildIncident, buildReward } from "../testing/build-fact.ts";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { buildRunFact, runIdOf, runOutcomes } from "../testing/build-run.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { applyRetention, defaultRetention } from "./apply-retention.ts";

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 10, 20);
const oldMs = nowMs - 91 * dayMs;

describeDatabases(({ openMigrated }) => {
  async function setUp() {
    const { db } = await openMigrated();
    const old = Array.from({ length: 25 }, (_, index) =>
      buildFact(index, { acceptedAtMs: oldMs + index, finishedAtMs: oldMs + index }),
    );
    const young = buildFact(100, { acceptedAtMs: nowMs - dayMs, finishedAtMs: nowMs - dayMs });
    const facts = [...old, young];
    await recordFinished(db, {
      facts,
      incidents: [buildIncident(1, { occurredAtMs: oldMs }), buildIncident(2, { occurredAtMs: nowMs })],
      rewards: facts.map((fact) => buildReward(fact)),
      runs: [
        buildRunFact(1, { input: { acceptedAtMs: oldMs }, state: { outcome: runOutcomes.succeeded } }),
        buildRunFact(2, { input: { acceptedAtMs: oldMs } }),
        buildRunFact(3, { input: { acceptedAtMs: nowMs } }),
      ],
      eventsOf: ({ finishedAtMs }) => [{ timestampMs: finishedAtMs, type: "x", data: null }],
      nowMs,
    });
    const actor = { kind: "system", id: null, name: null, role: null, ip: null } as const;
    const audited = { actor, action: "a", resourceKind: null, resourceId: null, outcome: "ok" } as const;
    await createAuditRepository(db).append(
      [oldMs, nowMs].map((timestampMs) => ({ ...audited, timestampMs, detail: null, requestId: null })),
    );
    for (const [idHash, expiresAtMs] of [
      ["over", nowMs - 1],
      ["open", nowMs + 1],
    ] as const) {
      await createAdminSessionRepository(db).create({
        idHash,
        tokenId: null,
        actorName: "a",
        role: "admin",
        createdAtMs: 1,
        expiresAtMs,
        lastSeenAtMs: 1,
      });
    }
    return db;
  }

  test("rows go when their time is over, in batches, and younger ones and all spend stay", async () => {
    const db = await setUp();
    expect(await applyRetention(db, { nowMs, batchRows: 10 })).toEqual({
      requestLog: 25,
      callIncidents: 1,
      runs: 2,
      audit: 1,
      rewards: 25,
      events: 25,
      webhookEvents: 0,
      idempotencyKeys: 0,
      jobs: 0,
      jobAnswers: 0,
      sessions: 1,
      series: 0,
    });
    expect(await applyRetention(db, { nowMs, batchRows: 10 })).toMatchObject({ requestLog: 0, audit: 0 });
    const { items } = await createRunRepository(db).page({ limit: 5 });
    expect(items.map(({ runId }) => runId)).toEqual([runIdOf(3)]);
    const spend = await createSpendRepository(db).get({
      scopeKind: "key",
      scopeId: "key_one",
      month: monthOf(oldMs),
    });
    expect(spend.requestCount).toBe(25);
    expect(await createAdminSessionRepository(db).find("open", { nowMs })).not.toBeNull();
  });

  test("jobs go when their own time is over, and of the rest the oldest answers beyond the bytes that are kept", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([1, 2, 3, 4].map((number) => buildJob(number)));
    const body = "x".repeat(100);
    const answer = { statusCode: 200, headers: {}, body };
    const endings = [1, 2, 3].map((number) =>
      buildEnding(number, { answer, expiresAtMs: number === 1 ? nowMs : nowMs + dayMs }),
    );
    await jobs.finish(endings, { events: () => [] });
    const policy = { ...defaultRetention, mostAnswerBytes: 150 };
    expect(await applyRetention(db, { nowMs, policy })).toMatchObject({ jobs: 1, jobAnswers: 1 });
    expect(await jobs.get(jobIdOf(1))).toBeNull();
    expect(await jobs.get(jobIdOf(2))).toMatchObject({ state: "succeeded", resultBytes: null });
    expect(await jobs.answer(jobIdOf(3))).toMatchObject({ body });
    expect(await jobs.get(jobIdOf(4))).toMatchObject({ state: "queued" });
    expect(await applyRetention(db, { nowMs, policy: defaultRetention })).toMatchObject({
      jobs: 0,
      jobAnswers: 0,
    });
  });

  test("null keeps rows for ever, and too many events go by number however young", async () => {
    const db = await setUp();
    const policy = {
      ...defaultRetention,
      requestLogDays: null,
      auditDays: null,
      rewardDays: null,
      eventDays: null,
      mostEvents: 7,
    };
    expect(await applyRetention(db, { nowMs, policy, batchRows: 5 })).toMatchObject({
      requestLog: 0,
      runs: 0,
      audit: 0,
      rewards: 0,
      events: 19,
    });
    const events = createEventRepository(db);
    expect((await events.listAfter(0, { limit: 50 })).map(({ id }) => id)).toEqual([
      20, 21, 22, 23, 24, 25, 26,
    ]);
    expect(await events.append([{ timestampMs: 1, type: "x", data: null }])).toMatchObject([{ id: 27 }]);
    expect(await applyRetention(db, { nowMs, policy: { ...policy, mostEvents: null } })).toMatchObject({
      events: 0,
    });
  });
});
