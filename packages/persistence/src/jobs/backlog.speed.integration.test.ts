import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../open-database.ts";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { createJobRepository } from "./job-repository.ts";

const nowMs = 1_795_000_150_000;
const queued = 100_000;
const tenants = 20;

/** On an idle core about 2 ms (insertion), 0.1 ms (groups), 2 ms (claim), 4 ms (end); the rest is room for a busy one. */
const longestMedianMs = { insertOf50: 25, queuedGroups: 3, takeNone: 3, claimOf100: 25, finishOf50: 35 };
type Measure = keyof typeof longestMedianMs;

test("100,000 queued jobs make neither accepting, nor claiming, nor ending jobs slow on SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-speed-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using database = await openDatabase({ kind: "sqlite", path: join(folder, "hub.db") });
  await database.migrate();
  const jobs = createJobRepository(database.db);
  // Ids in no order, as they are in life.
  const jobOf = (number: number) =>
    buildJob(number, { id: idOf(number), tenantId: `t${number % tenants}`, bodyText: "x".repeat(500) });
  const measured = new Map<Measure, number[]>();
  const measure = async <Result>(name: Measure, work: () => Promise<Result>): Promise<Result> => {
    const startedAtMs = performance.now();
    const result = await work();
    measured.set(name, [...(measured.get(name) ?? []), performance.now() - startedAtMs]);
    return result;
  };
  const jobsFrom = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => jobOf(first + index));

  for (let first = 0; first < queued; first += 500) await jobs.insert(jobsFrom(first, 500));
  for (let first = queued; first < queued + 2_000; first += 50) {
    const batch = jobsFrom(first, 50);
    await measure("insertOf50", () => jobs.insert(batch));
  }
  const owner = "gw-1";
  for (let round = 0; round < 20; round += 1) {
    expect(await measure("queuedGroups", () => jobs.queuedGroups(1_000))).toHaveLength(tenants);
    expect(await measure("takeNone", () => jobs.promoteDue(nowMs, 100))).toBe(0);
    expect(await measure("takeNone", () => jobs.takeOverdue({ owner, nowMs, limit: 100 }))).toEqual([]);
    const group = `t${round}|background|gpt-4`;
    const claimed = await measure("claimOf100", () => jobs.claim({ group, limit: 100, owner, nowMs }));
    expect(claimed).toHaveLength(100);
    const endings = claimed.slice(0, 50).map(({ id }, index) => buildEnding(index, { jobId: id }));
    const ended = await measure("finishOf50", () => jobs.finish(endings, { events: () => [] }));
    expect(ended).toHaveLength(50);
  }
  const medians = [...measured].map(([name, durations]) => ({
    name,
    medianMs: durations.toSorted((left, right) => left - right)[durations.length >> 1] ?? Infinity,
  }));
  expect(medians).toHaveLength(Object.keys(longestMedianMs).length);
  expect(medians.filter(({ name, medianMs }) => medianMs > longestMedianMs[name])).toEqual([]);
});

function idOf(number: number): string {
  // A bijection of 0 to 2^32 - 1 that scatters neighbours.
  return jobIdOf(Math.imul(number, 0x9e3779b1) >>> 0);
}
