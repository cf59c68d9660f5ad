import { expect, test } from "vitest";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import type { FinishOptions } from "./job-ending.ts";
import { createJobRepository, type JobRepository } from "./job-repository.ts";
import { dispatchGroupOf } from "./new-job.ts";
import type { NextAttempt } from "./requeue-jobs.ts";

const nowMs = 1_795_000_050_000;
const group = dispatchGroupOf(buildJob(1));
const quiet: FinishOptions = { events: () => [] };

function nextAttempt(number: number, next: Partial<NextAttempt> = {}): NextAttempt {
  return {
    jobId: jobIdOf(number),
    attempt: 1,
    owner: "gw-1",
    requestId: `req_${number}r2`,
    notBeforeMs: nowMs + 5_000,
    errorCode: "provider_rate_limited",
    errorClass: "rate_limited",
    errorMessage: "The provider asks for patience.",
    ...next,
  };
}

async function claimAll(jobs: JobRepository, owner: string): Promise<string[]> {
  return (await jobs.claim({ group, limit: 100, owner, nowMs })).map(({ id }) => id);
}

describeDatabases(({ openMigrated }) => {
  test("a failed attempt is followed by the next one after a pause, and its own end counts no more", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([buildJob(1), buildJob(2)]);
    await claimAll(jobs, "gw-1");
    const waiting = await jobs.requeue([nextAttempt(1), nextAttempt(2, { notBeforeMs: null })]);
    expect(new Map(waiting.map(({ id, state }) => [id, state]))).toEqual(
      new Map([
        [jobIdOf(1), "scheduled"],
        [jobIdOf(2), "queued"],
      ]),
    );
    expect(await jobs.get(jobIdOf(1))).toMatchObject({
      attempt: 2,
      requestId: "req_1r2",
      owner: null,
      notBeforeMs: nowMs + 5_000,
      errorCode: "provider_rate_limited",
      startedAtMs: nowMs,
    });
    expect(await jobs.finish([buildEnding(1, { attempt: 1 })], quiet)).toEqual([]);
    expect(await jobs.promoteDue(nowMs + 5_000, 10)).toBe(1);
    expect((await claimAll(jobs, "gw-2")).toSorted()).toEqual([jobIdOf(1), jobIdOf(2)]);
    const endings = [buildEnding(1, { attempt: 1, state: "failed" }), buildEnding(1, { attempt: 2 })];
    expect(await jobs.finish(endings, quiet)).toMatchObject([
      { id: jobIdOf(1), state: "succeeded", attempt: 2, errorCode: null },
    ]);
    expect(await jobs.requeue([])).toEqual([]);
  });

  test("only the owner of an attempt that runs can ask for the next one", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([buildJob(1)]);
    expect(await jobs.requeue([nextAttempt(1)])).toEqual([]);
    await claimAll(jobs, "gw-1");
    expect(await jobs.requeue([nextAttempt(1, { owner: "gw-2" }), nextAttempt(1, { attempt: 2 })])).toEqual(
      [],
    );
    await jobs.finish([buildEnding(1)], quiet);
    expect(await jobs.requeue([nextAttempt(1)])).toEqual([]);
    expect(await jobs.get(jobIdOf(1))).toMatchObject({ state: "succeeded", attempt: 1 });
  });

  test("the jobs of a gateway that died go to another one, in the same attempt, and end once", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([buildJob(1), buildJob(2), buildJob(3)]);
    await claimAll(jobs, "gw-1");
    await jobs.finish([buildEnding(3)], quiet);
    expect(await jobs.release({ owner: "gw-2" })).toBe(0);
    expect(await jobs.release({ owner: "gw-1" })).toBe(2);
    expect(await jobs.release({ owner: "gw-1" })).toBe(0);
    // It was only slow: the end of the attempt is the end of the job, although nobody owns that now.
    expect(await jobs.finish([buildEnding(1)], quiet)).toMatchObject([{ id: jobIdOf(1) }]);
    expect(await claimAll(jobs, "gw-2")).toEqual([jobIdOf(2)]);
    expect(await jobs.get(jobIdOf(2))).toMatchObject({ attempt: 1, owner: "gw-2" });
    expect(await jobs.finish([buildEnding(2, { outputTokens: 1 })], quiet)).toHaveLength(1);
    expect(await jobs.finish([buildEnding(2, { outputTokens: 2 })], quiet)).toEqual([]);
    expect(await jobs.get(jobIdOf(2))).toMatchObject({ outputTokens: 1 });
  });

  test("some jobs of a gateway are released, and none of another", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([buildJob(1), buildJob(2), buildJob(3)]);
    await claimAll(jobs, "gw-1");
    expect(await jobs.release({ owner: "gw-2", jobIds: [jobIdOf(1)] })).toBe(0);
    expect(await jobs.release({ owner: "gw-1", jobIds: [jobIdOf(1)] })).toBe(1);
    expect(await jobs.release({ jobIds: [jobIdOf(1), jobIdOf(2)] })).toBe(1);
    expect(await jobs.release({ jobIds: [] })).toBe(0);
    expect((await claimAll(jobs, "gw-2")).toSorted()).toEqual([jobIdOf(1), jobIdOf(2)]);
  });

  test("a gateway that was not seen for a while, or never, has lost its jobs", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    const ownJob = async (number: number, owner: string) => {
      const tenantId = `t${number}`;
      await jobs.insert([buildJob(number, { tenantId })]);
      await jobs.claim({ group: dispatchGroupOf(buildJob(number, { tenantId })), limit: 1, owner, nowMs });
    };
    await ownJob(1, "gw-lives");
    await ownJob(2, "gw-silent");
    await ownJob(3, "gw-unknown");
    await jobs.seeGateway("gw-silent", nowMs - 20_000);
    await jobs.seeGateway("gw-lives", nowMs - 20_000);
    await jobs.seeGateway("gw-lives", nowMs);
    await jobs.seeGateway("gw-idle", nowMs - 20_000);
    expect(await jobs.goneOwners(nowMs - 15_000)).toEqual(["gw-silent", "gw-unknown"]);
    await jobs.release({ owner: "gw-silent" });
    await jobs.forgetGateway("gw-lives");
    expect(await jobs.goneOwners(nowMs - 15_000)).toEqual(["gw-lives", "gw-unknown"]);
    await jobs.seeGateway("gw-new", nowMs + 2 * 86_400_000);
    expect(await db.selectFrom("gateways").select("id").execute()).toEqual([{ id: "gw-new" }]);
  });
});
