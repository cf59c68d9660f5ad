import { expect, test } from "vitest";
import { createJobRepository } from "../jobs/job-repository.ts";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { applyRetention } from "../upkeep/apply-retention.ts";
import { createIdempotencyRepository, type IdempotencyRepository } from "./idempotency-repository.ts";
import type { KeyClaim } from "./take-key.ts";

const nowMs = 1_795_000_000_000;
const hourMs = 3_600_000;
const place = { tenantId: "tenant-a", scope: "POST /v1/files", key: "order-7" };
const claim: KeyClaim = {
  ...place,
  requestId: "req_1",
  fingerprint: "body-1",
  jobId: null,
  owner: "gw-1",
  nowMs,
  expiresAtMs: nowMs + 24 * hourMs,
  leaseUntilMs: nowMs + hourMs,
  aliveSinceMs: nowMs - 15_000,
};
const taker = { ...place, owner: "gw-1", requestId: "req_1" };
const answer = { statusCode: 201, headers: { location: "/v1/files/1" }, body: "sealed" };

describeDatabases(({ openMigrated, openAgain }) => {
  async function setUp() {
    const database = await openMigrated();
    const { db } = database;
    const jobs = createJobRepository(db);
    await jobs.seeGateway("gw-1", nowMs);
    return { db, database, jobs, keys: createIdempotencyRepository(db) };
  }

  test("of many takers at once, over several connections, exactly one has the key and the rest see whose it is", async () => {
    const { database, keys } = await setUp();
    const again = await openAgain(database);
    const sides = [keys, ...(again === null ? [] : [createIdempotencyRepository(again.db)])];
    const takings = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        (sides[index % sides.length] ?? keys).take({ ...claim, requestId: `req_${index}` }),
      ),
    );
    expect(takings.filter(({ kind }) => kind === "taken")).toHaveLength(1);
    expect(
      takings.filter((taking) => taking.kind === "same" && taking.held.kind === "in_progress"),
    ).toHaveLength(59);
  });

  test("of many takers with a job each exactly one has the key, and only its job is there", async () => {
    const { database, keys, jobs } = await setUp();
    const again = await openAgain(database);
    const sides = [keys, ...(again === null ? [] : [createIdempotencyRepository(again.db)])];
    const takings = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (sides[index % sides.length] ?? keys).takeWithJob(claim, buildJob(index)),
      ),
    );
    expect(takings.filter(({ kind }) => kind === "taken")).toHaveLength(1);
    const stored = await jobs.page({ filters: {}, limit: 100, after: null, direction: "asc" });
    expect(stored).toHaveLength(1);
    for (const taking of takings)
      if (taking.kind === "same") expect(taking.held).toMatchObject({ kind: "job", jobId: stored[0]?.id });
  });

  test("tenants, paths and keys are independent of each other", async () => {
    const { keys } = await setUp();
    for (const other of [{}, { tenantId: "tenant-b" }, { scope: "POST /v1/batches" }, { key: "order-8" }])
      expect(await keys.take({ ...claim, ...other })).toEqual({ kind: "taken", requestId: "req_1" });
  });

  test("the answer is kept for the same body, and another body is told from it", async () => {
    const { keys } = await setUp();
    await keys.take({ ...claim, fingerprint: null });
    expect(await keys.answer(taker, { fingerprint: "body-1", answer })).toBe(true);
    expect(await keys.take(claim)).toEqual({
      kind: "same",
      held: { kind: "answered", answer, fingerprint: "body-1", expiresAtMs: claim.expiresAtMs },
    });
    expect(await keys.take({ ...claim, fingerprint: "body-2" })).toEqual({ kind: "other_body" });
    expect(await keys.release(taker)).toBe(false);
    expect(await keys.answer(taker, { fingerprint: "body-3", answer })).toBe(false);
  });

  test("a key that is given back, or has expired, is taken anew", async () => {
    const { keys } = await setUp();
    await keys.take(claim);
    expect(await keys.release(taker)).toBe(true);
    expect(await keys.take({ ...claim, requestId: "req_2", fingerprint: "body-2" })).toMatchObject({
      kind: "taken",
      requestId: "req_2",
    });
    const later = { nowMs: claim.expiresAtMs, expiresAtMs: claim.expiresAtMs + hourMs };
    expect(await keys.find({ ...place, nowMs: later.nowMs })).toBeNull();
    expect(await keys.take({ ...claim, ...later, requestId: "req_3" })).toMatchObject({ requestId: "req_3" });
  });

  test("a request whose gateway died or gave up is carried on under its own id; the dead one can end nothing", async () => {
    const { keys } = await setUp();
    await keys.take(claim);
    const other = { ...claim, owner: "gw-2", requestId: "req_2" };
    expect(await keys.take(other)).toMatchObject({
      kind: "same",
      held: { kind: "in_progress", owner: "gw-1" },
    });
    expect(await keys.take({ ...other, aliveSinceMs: nowMs + 1 })).toEqual({
      kind: "taken",
      requestId: "req_1",
    });
    expect(await keys.answer(taker, { fingerprint: "body-1", answer })).toBe(false);
    expect(await keys.release(taker)).toBe(false);
    const third = { ...claim, owner: "gw-3", requestId: "req_3", nowMs: claim.leaseUntilMs };
    expect(await keys.take({ ...third, aliveSinceMs: 0 })).toEqual({ kind: "taken", requestId: "req_1" });
  });

  test("a key is free when its job is deleted, and a job is replaced by one taker only", async () => {
    const { keys, jobs } = await setUp();
    await keys.takeWithJob(claim, buildJob(1));
    const replacing = { ...claim, replacesJobId: jobIdOf(1) };
    const takings = await Promise.all(
      [2, 3, 4].map((number) => keys.takeWithJob(replacing, buildJob(number))),
    );
    expect(takings.filter(({ kind }) => kind === "taken")).toHaveLength(1);
    const held = await keys.find({ ...place, nowMs });
    const jobId = held?.kind === "job" ? held.jobId : "";
    expect([jobIdOf(2), jobIdOf(3), jobIdOf(4)]).toContain(jobId);
    await jobs.finish([{ ...buildEnding(1), jobId }], { events: () => [] });
    expect(await jobs.removeEnded(jobId)).toBe(true);
    expect(await keys.find({ ...place, nowMs })).toBeNull();
  });

  test("a job that cannot be written leaves the key free", async () => {
    const { db, keys } = await setUp();
    const work = db.transaction().execute(async (begun) => {
      const inner: IdempotencyRepository = createIdempotencyRepository(begun);
      await inner.takeWithJob(claim, buildJob(1));
      throw new Error("the database went away");
    });
    await expect(work).rejects.toThrow("went away");
    expect(await keys.find({ ...place, nowMs })).toBeNull();
  });

  test("expired keys are deleted, others stay", async () => {
    const { db, keys } = await setUp();
    await keys.take(claim);
    await keys.take({ ...claim, key: "old", expiresAtMs: nowMs - 1 });
    expect(await applyRetention(db, { nowMs })).toMatchObject({ idempotencyKeys: 1 });
    expect(await keys.find({ ...place, nowMs })).not.toBeNull();
  });
});
