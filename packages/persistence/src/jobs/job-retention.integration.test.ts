import { expect, test } from "vitest";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import type { FinishOptions } from "./job-ending.ts";
import { createJobRepository } from "./job-repository.ts";

const nowMs = 1_795_000_050_000;
const quiet: FinishOptions = { events: () => [] };
const numbersTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describeDatabases(({ openMigrated }) => {
  test("jobs whose time is over go with their answers, batch by batch, and no other job does", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert(numbersTo(12).map((number) => buildJob(number)));
    await jobs.finish(
      numbersTo(11).map((number) => buildEnding(number, { expiresAtMs: nowMs + number })),
      quiet,
    );
    expect(await jobs.deleteExpired(nowMs + 6, 3)).toBe(7);
    expect(await jobs.deleteExpired(nowMs + 6, 3)).toBe(0);
    const left = await jobs.page({ limit: 100, direction: "asc" });
    expect(left.map(({ id }) => id)).toEqual([7, 8, 9, 10, 11].map(jobIdOf));
    const answers = await db.selectFrom("job_answers").select("job_id").orderBy("job_id").execute();
    expect(answers.map(({ job_id }) => job_id)).toEqual([7, 8, 9, 10].map(jobIdOf));
  });

  test("the oldest answers go until the rest is small enough, and their jobs stay", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert(numbersTo(460).map((number) => buildJob(number)));
    // The last ones have no answer, and one is larger in bytes than in characters.
    const bodyOf = (number: number) => (number === 449 ? "é".repeat(50) : "x".repeat(100));
    await jobs.finish(
      numbersTo(460).map((number) => {
        const answer = { statusCode: 200, headers: {}, body: bodyOf(number) };
        return buildEnding(number, number < 450 ? { answer } : { answer: null });
      }),
      quiet,
    );
    expect(await jobs.deleteOldestAnswers({ maxBytes: 45_000 })).toBe(0);
    expect(await jobs.deleteOldestAnswers({ maxBytes: 1_050 })).toBe(440);
    expect(await jobs.deleteOldestAnswers({ maxBytes: 1_050 })).toBe(0);
    expect(await jobs.answer(jobIdOf(439))).toBeNull();
    expect(await jobs.get(jobIdOf(439))).toMatchObject({ state: "succeeded", resultBytes: null });
    expect(await jobs.answer(jobIdOf(440))).not.toBeNull();
    expect(await jobs.deleteOldestAnswers({ maxBytes: 0 })).toBe(10);
    expect(await db.selectFrom("job_answers").selectAll().execute()).toEqual([]);
  });

  test("a job is deleted when it has ended, and not before", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([buildJob(1)]);
    expect(await jobs.removeEnded(jobIdOf(1))).toBe(false);
    await jobs.finish([buildEnding(1)], quiet);
    expect(await jobs.removeEnded(jobIdOf(1), { tenantId: "tenant-a" })).toBe(true);
    expect(await jobs.get(jobIdOf(1))).toBeNull();
    expect(await jobs.answer(jobIdOf(1))).toBeNull();
    expect(await jobs.removeEnded(jobIdOf(1))).toBe(false);
  });

  test("what open jobs may cost counts in the budgets of key, project and tenant until they end", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    const other = { tenantId: "tenant-b", projectId: null, keyId: null };
    await jobs.insert([
      buildJob(1, { reservedUsd: 0.5 }),
      buildJob(2, { reservedUsd: 0.25, keyId: "key_two", notBeforeMs: nowMs }),
      buildJob(3, { reservedUsd: 0, projectId: "prj_other" }),
      buildJob(4, { ...other, reservedUsd: 2 }),
    ]);
    const reserved = (kind: "tenant" | "project" | "key", id: string) => jobs.reservedNanoUsd({ kind, id });
    expect(await reserved("tenant", "tenant-a")).toBe(750_000_000);
    expect(await reserved("tenant", "tenant-b")).toBe(2_000_000_000);
    expect(await reserved("project", "prj_search")).toBe(750_000_000);
    expect(await reserved("project", "prj_other")).toBe(0);
    expect(await reserved("key", "key_one")).toBe(500_000_000);
    await jobs.finish([buildEnding(1)], quiet);
    expect(await reserved("tenant", "tenant-a")).toBe(250_000_000);
    expect(await reserved("project", "prj_search")).toBe(250_000_000);
    expect(await reserved("key", "key_one")).toBe(0);
    expect(await reserved("key", "key_two")).toBe(250_000_000);
  });
});
