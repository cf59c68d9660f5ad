import { expect, test } from "vitest";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createJobRepository } from "./job-repository.ts";
import { dispatchGroupOf } from "./new-job.ts";

const nowMs = 1_795_000_050_000;
const group = dispatchGroupOf(buildJob(1));
const cancel = { nowMs, expiresAtMs: nowMs + 1_000, message: "Its caller cancelled it.", events: () => [] };

describeDatabases(({ openMigrated, openAgain }) => {
  test("a job that has not begun is cancelled at once, with its batch and its events", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([
      buildJob(1, { batch: { batchId: "batch_1", line: 1, customId: "a" } }),
      buildJob(2, { notBeforeMs: nowMs }),
    ]);
    const counted: unknown[] = [];
    const told: string[] = [];
    const outcome = await jobs.cancelQueued(jobIdOf(1), {
      ...cancel,
      events: (job, { state }) => {
        told.push(`${job.id} ${state}`);
        return [];
      },
      recordEvents: () => Promise.resolve(),
      countBatchEndings: async (_, endings) => void counted.push(...endings),
    });
    expect(outcome).toMatchObject({
      kind: "cancelled",
      job: { state: "cancelled", errorCode: "cancelled", finishedAtMs: nowMs, expiresAtMs: nowMs + 1_000 },
    });
    expect(told).toEqual([`${jobIdOf(1)} cancelled`]);
    expect(counted).toEqual([{ batchId: "batch_1", state: "cancelled" }]);
    expect(await jobs.cancelQueued(jobIdOf(2), cancel)).toMatchObject({ kind: "cancelled" });
    expect(await jobs.cancelQueued(jobIdOf(2), cancel)).toMatchObject({
      kind: "ended",
      job: { state: "cancelled" },
    });
    expect(await jobs.claim({ group, limit: 10, owner: "gw-1", nowMs })).toEqual([]);
  });

  test("a job that runs is asked to end, once, and one that has ended is left alone", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([buildJob(1)]);
    expect(await jobs.markCancelRequested(jobIdOf(1), { nowMs })).toBeNull();
    await jobs.claim({ group, limit: 1, owner: "gw-1", nowMs });
    expect(await jobs.cancelQueued(jobIdOf(1), cancel)).toMatchObject({
      kind: "running",
      job: { state: "running" },
    });
    expect(await jobs.markCancelRequested(jobIdOf(1), { nowMs })).toMatchObject({
      cancelRequestedAtMs: nowMs,
      owner: "gw-1",
    });
    expect(await jobs.markCancelRequested(jobIdOf(1), { nowMs: nowMs + 9 })).toMatchObject({
      cancelRequestedAtMs: nowMs,
    });
    await jobs.finish([buildEnding(1)], cancel);
    expect(await jobs.markCancelRequested(jobIdOf(1), { nowMs })).toBeNull();
    expect(await jobs.cancelQueued(jobIdOf(1), cancel)).toMatchObject({ kind: "ended" });
  });

  test("nobody cancels, sees or deletes a job of another tenant or project", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([buildJob(1), buildJob(2)]);
    await jobs.finish([buildEnding(2)], cancel);
    const strangers = [{ tenantId: "tenant-b" }, { tenantId: "tenant-a", projectId: "prj_other" }];
    for (const scope of strangers) {
      expect(await jobs.cancelQueued(jobIdOf(1), { ...cancel, ...scope })).toEqual({ kind: "not_found" });
      expect(await jobs.get(jobIdOf(1), scope)).toBeNull();
      expect(await jobs.request(jobIdOf(1), scope)).toBeNull();
      expect(await jobs.answer(jobIdOf(2), scope)).toBeNull();
      expect(await jobs.removeEnded(jobIdOf(2), scope)).toBe(false);
      expect(await jobs.page({ filters: scope, limit: 10 })).toEqual([]);
    }
    const own = { tenantId: "tenant-a", projectId: "prj_search" };
    expect(await jobs.get(jobIdOf(1), own)).not.toBeNull();
    expect(await jobs.request(jobIdOf(1), own)).not.toBeNull();
    expect(await jobs.answer(jobIdOf(2), own)).not.toBeNull();
    await jobs.claim({ group, limit: 1, owner: "gw-1", nowMs });
    expect(await jobs.markCancelRequested(jobIdOf(1), { nowMs, tenantId: "tenant-b" })).toBeNull();
    expect(await jobs.markCancelRequested(jobIdOf(1), { nowMs, ...own })).not.toBeNull();
  });

  test("a job that is cancelled and claimed at the same time is one or the other", async () => {
    const database = await openMigrated();
    const other = (await openAgain(database)) ?? database;
    const jobs = createJobRepository(database.db);
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    await jobs.insert(numbers.map((number) => buildJob(number)));
    const claims = numbers.map(() =>
      createJobRepository(other.db).claim({ group, limit: 1, owner: "gw-1", nowMs }),
    );
    const outcomes = await Promise.all(numbers.map((number) => jobs.cancelQueued(jobIdOf(number), cancel)));
    const claimed = (await Promise.all(claims)).flat().map(({ id }) => id);
    const cancelled = numbers.filter((number) => outcomes[number]?.kind === "cancelled").map(jobIdOf);
    expect(claimed.filter((id) => cancelled.includes(id))).toEqual([]);
    const left = await jobs.page({ filters: { states: ["queued"] }, limit: 100 });
    expect(claimed.length + cancelled.length + left.length).toBe(20);
  });
});
