import { expect, test } from "vitest";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import type { FinishOptions } from "./job-ending.ts";
import { createJobRepository } from "./job-repository.ts";
import { dispatchGroupOf } from "./new-job.ts";

const nowMs = 1_795_000_050_000;
const group = dispatchGroupOf(buildJob(1));
const claimOf = (limit: number, owner = "gw-1") => ({ group, limit, owner, nowMs });
const quiet: FinishOptions = { events: () => [] };
const numbersTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const idsOf = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => id);

describeDatabases(({ openMigrated, openAgain }) => {
  test("jobs of a group are claimed by priority, then by time, with their requests", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([
      buildJob(4),
      buildJob(1),
      buildJob(5, { priority: 9 }),
      buildJob(2, { tenantId: "tenant-b" }),
      buildJob(3, { notBeforeMs: nowMs }),
    ]);
    const claimed = await jobs.claim(claimOf(2));
    expect(idsOf(claimed)).toEqual([jobIdOf(5), jobIdOf(1)]);
    expect(claimed[1]).toMatchObject({
      state: "running",
      owner: "gw-1",
      startedAtMs: nowMs,
      attempt: 1,
      request: { headers: buildJob(1).headers, bodyText: buildJob(1).bodyText },
    });
    expect(idsOf(await jobs.claim(claimOf(10)))).toEqual([jobIdOf(4)]);
    expect(await jobs.claim(claimOf(10))).toEqual([]);
    expect(await jobs.queuedGroups(10)).toEqual(["tenant-b|background|gpt-4"]);
    expect(await jobs.runningCounts()).toEqual(new Map([[group, 3]]));
  });

  test("gateways that claim at the same time share the jobs, and none goes to two", async () => {
    const database = await openMigrated();
    const other = (await openAgain(database)) ?? database;
    const jobs = createJobRepository(database.db);
    await jobs.insert(numbersTo(300).map((number) => buildJob(number)));
    const claims = await Promise.all(
      numbersTo(40).map((turn) =>
        createJobRepository(turn % 2 === 0 ? database.db : other.db).claim(claimOf(10, `gw-${turn % 2}`)),
      ),
    );
    const claimed = idsOf(claims.flat());
    expect(new Set(claimed).size).toBe(claimed.length);
    // A gateway may pass over jobs that another one is just claiming, never leave them for good.
    const rest = idsOf(await jobs.claim(claimOf(300)));
    expect([...claimed, ...rest].toSorted()).toEqual(numbersTo(300).map(jobIdOf));
  });

  test("gateways that end the same jobs at the same time, in any order, end each once", async () => {
    const database = await openMigrated();
    const other = (await openAgain(database)) ?? database;
    const jobs = createJobRepository(database.db);
    await jobs.insert(numbersTo(60).map((number) => buildJob(number)));
    const endings = numbersTo(60).map((number) => buildEnding(number));
    const orders = [endings, endings.toReversed(), endings.slice(20), endings.toReversed()];
    const counted: string[] = [];
    const ended = await Promise.all(
      orders.map((order, turn) =>
        createJobRepository(turn % 2 === 0 ? database.db : other.db).finish(order, {
          events: (job) => {
            counted.push(job.id);
            return [];
          },
          recordEvents: () => Promise.resolve(),
        }),
      ),
    );
    expect(idsOf(ended.flat()).toSorted()).toEqual(numbersTo(60).map(jobIdOf));
    expect(counted.toSorted()).toEqual(numbersTo(60).map(jobIdOf));
  });

  test("a scheduled job waits for its time, and then for its turn", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert(numbersTo(3).map((number) => buildJob(number, { notBeforeMs: nowMs + number })));
    expect(await jobs.get(jobIdOf(1))).toMatchObject({ state: "scheduled", notBeforeMs: nowMs + 1 });
    expect(await jobs.promoteDue(nowMs - 1, 10)).toBe(0);
    expect(await jobs.queuedGroups(10)).toEqual([]);
    expect(await jobs.promoteDue(nowMs + 1, 1)).toBe(1);
    expect(idsOf(await jobs.claim(claimOf(10)))).toEqual([jobIdOf(0)]);
    expect(await jobs.promoteDue(nowMs + 1, 10)).toBe(1);
    expect(idsOf(await jobs.claim(claimOf(10)))).toEqual([jobIdOf(1)]);
  });

  test("jobs that waited beyond their deadline are taken once, and are not claimed any more", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([
      buildJob(1, { deadlineAtMs: nowMs }),
      buildJob(2, { deadlineAtMs: nowMs - 5 }),
      buildJob(3, { deadlineAtMs: nowMs + 1 }),
      buildJob(4, { deadlineAtMs: nowMs - 1, notBeforeMs: nowMs + 9 }),
    ]);
    const take = { owner: "gw-1", nowMs, limit: 2 };
    const overdue = [...(await jobs.takeOverdue(take)), ...(await jobs.takeOverdue(take))];
    expect(idsOf(overdue)).toEqual([jobIdOf(2), jobIdOf(4), jobIdOf(1)]);
    expect(overdue[0]).toMatchObject({ state: "running", startedAtMs: null });
    expect(idsOf(await jobs.claim(claimOf(10)))).toEqual([jobIdOf(3)]);
    const expired = buildEnding(2, { state: "expired", answer: null, errorCode: "deadline_exceeded" });
    expect(await jobs.finish([expired], quiet)).toMatchObject([{ state: "expired", startedAtMs: null }]);
  });

  test("groups are found by name, one of each, and no more than asked for", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    expect(await jobs.queuedGroups(5)).toEqual([]);
    await jobs.insert(numbersTo(40).map((number) => buildJob(number, { tenantId: `t${number % 8}` })));
    const names = numbersTo(8).map((number) => `t${number}|background|gpt-4`);
    expect(await jobs.queuedGroups(100)).toEqual(names);
    expect(await jobs.queuedGroups(3)).toEqual(names.slice(0, 3));
  });

  test("the place of a job in its queue counts the jobs before it, whatever others do", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([...numbersTo(4).map((number) => buildJob(number)), buildJob(5, { priority: 1 })]);
    await jobs.insert([buildJob(6, { tenantId: "tenant-b" })]);
    const positions = () =>
      Promise.all([0, 3, 5, 6, 99].map((number) => jobs.queuePosition({ id: jobIdOf(number) })));
    expect(await positions()).toEqual([2, 5, 1, 1, null]);
    await jobs.claim(claimOf(2));
    expect(await positions()).toEqual([null, 3, null, 1, null]);
  });

  test("the pace of a group counts what ended lately in it", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert(numbersTo(20).map((number) => buildJob(number)));
    const endings = numbersTo(20).map((number) =>
      buildEnding(number, { finishedAtMs: nowMs + number * 100 }),
    );
    await jobs.finish(endings, quiet);
    const range = { sinceMs: nowMs + 1_000, nowMs: nowMs + 3_000 };
    expect(await jobs.recentPace(group, range)).toBe(5);
    expect(await jobs.recentPace("another", range)).toBe(0);
  });
});
