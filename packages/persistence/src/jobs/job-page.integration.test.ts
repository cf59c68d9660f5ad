import { expect, test } from "vitest";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import type { FinishOptions } from "./job-ending.ts";
import { createJobRepository } from "./job-repository.ts";
import type { JobFilters } from "./job-page.ts";
import { dispatchGroupOf } from "./new-job.ts";

const nowMs = 1_795_000_050_000;
const quiet: FinishOptions = { events: () => [] };
const ids = (...numbers: number[]) => numbers.map(jobIdOf);
const deadEnding = (number: number, errorClass: string) =>
  buildEnding(number, { state: "failed", answer: null, errorClass, isDeadLetter: true });

describeDatabases(({ openMigrated }) => {
  test("jobs are listed by what they are filtered by, newest first", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([
      buildJob(1, { tags: ["nightly", 'a"b'] }),
      buildJob(2, { tenantId: "tenant-b", keyId: null, projectId: null, tags: [","] }),
      buildJob(3, { origin: "batch", batch: { batchId: "batch_1", line: 1, customId: "a" } }),
      buildJob(4, { endpoint: "/v1/messages", notBeforeMs: nowMs, tags: ["nightly", "x"] }),
      buildJob(5),
      buildJob(6),
    ]);
    await jobs.claim({ group: dispatchGroupOf(buildJob(1)), limit: 1, owner: "gw-1", nowMs });
    await jobs.finish([buildEnding(5), deadEnding(6, "transient")], quiet);
    const idsOf = async (filters: JobFilters) =>
      (await jobs.page({ filters, limit: 10 })).map(({ id }) => id);
    expect(await idsOf({})).toEqual(ids(6, 5, 4, 3, 2, 1));
    expect(await idsOf({ tenantId: "tenant-b" })).toEqual(ids(2));
    expect(await idsOf({ tenantId: "tenant-a", projectId: "prj_search", keyId: "key_one" })).toEqual(
      ids(6, 5, 4, 3, 1),
    );
    expect(await idsOf({ tenantId: "tenant-a", states: ["queued", "running"] })).toEqual(ids(3, 1));
    expect(await idsOf({ states: ["failed", "expired"] })).toEqual(ids(6));
    expect(await idsOf({ states: ["succeeded", "scheduled"] })).toEqual(ids(5, 4));
    expect(await idsOf({ states: [] })).toEqual([]);
    expect(await idsOf({ endpoint: "/v1/messages" })).toEqual(ids(4));
    expect(await idsOf({ origin: "batch" })).toEqual(ids(3));
    expect(await idsOf({ tenantId: "tenant-a", batchId: "batch_1" })).toEqual(ids(3));
    expect(await idsOf({ tenantId: "tenant-b", batchId: "batch_1" })).toEqual([]);
    expect(await idsOf({ tag: "nightly" })).toEqual(ids(4, 1));
    expect(await idsOf({ tag: 'a"b' })).toEqual(ids(1));
    // A list of tags is text with commas and quotes; a tag is not a piece of that text.
    expect(await idsOf({ tag: "," })).toEqual(ids(2));
    expect(await idsOf({ tag: "Nightly" })).toEqual([]);
    expect(await idsOf({ fromMs: 1_795_000_000_002, toMs: 1_795_000_000_004 })).toEqual(ids(3, 2));
    expect(await idsOf({ letter: "open", errorClass: "transient", tenantId: "tenant-a" })).toEqual(ids(6));
    expect(await idsOf({ letter: "open", tenantId: "tenant-b" })).toEqual([]);
    expect(await idsOf({ letter: "open", errorClass: "auth" })).toEqual([]);
  });

  test.each(["asc", "desc"] as const)(
    "pages (%s) show every job once, although some have the same time and others come and go meanwhile",
    async (direction) => {
      const { db } = await openMigrated();
      const jobs = createJobRepository(db);
      const numbers = Array.from({ length: 25 }, (_, index) => index);
      // Five at a time.
      const createdAtMs = (number: number) => nowMs + Math.floor(number / 5);
      await jobs.insert(numbers.map((number) => buildJob(number, { createdAtMs: createdAtMs(number) })));
      await jobs.finish([buildEnding(1), buildEnding(23)], quiet);
      const seen: string[] = [];
      for (;;) {
        const last = seen.at(-1);
        const after = last === undefined ? null : await jobs.get(last);
        const page = await jobs.page({ filters: { tenantId: "tenant-a" }, limit: 4, after, direction });
        if (page.length === 0) break;
        seen.push(...page.map(({ id }) => id));
        if (seen.length === 12) {
          const gone = direction === "asc" ? 1 : 23;
          expect(await jobs.removeEnded(jobIdOf(gone))).toBe(true);
        }
      }
      const ordered = numbers.map(jobIdOf);
      expect(seen).toEqual(direction === "asc" ? ordered : ordered.toReversed());
    },
  );

  test("dead letters are counted by class, and each is taken from one state to another once", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    const numbers = [1, 2, 3, 4, 5];
    await jobs.insert(
      numbers.map((number) => buildJob(number, number === 5 ? { tenantId: "tenant-b" } : {})),
    );
    const classOf = (number: number) => (number === 1 ? "auth" : "transient");
    await jobs.finish(
      [buildEnding(1), ...[2, 3, 4, 5].map((number) => deadEnding(number, classOf(number)))],
      quiet,
    );
    const counts = (tenantId?: string) => jobs.letterCounts({ letter: "open", tenantId });
    expect(await counts()).toEqual([{ errorClass: "transient", count: 4 }]);
    expect(await counts("tenant-b")).toEqual([{ errorClass: "transient", count: 1 }]);
    const replay = { from: "open", to: "replayed" } as const;
    expect(await jobs.markLetters(ids(1, 2, 3), replay)).toEqual(new Set(ids(2, 3)));
    expect(await jobs.markLetters(ids(3, 4), replay)).toEqual(new Set(ids(4)));
    expect(await jobs.markLetters(ids(5), { ...replay, tenantId: "tenant-a" })).toEqual(new Set());
    expect(await jobs.markLetters(ids(5), { ...replay, projectId: "prj_other" })).toEqual(new Set());
    expect(await jobs.markLetters([], replay)).toEqual(new Set());
    expect(await jobs.markLetters(ids(4), { from: "replayed", to: "open" })).toEqual(new Set(ids(4)));
    expect(await counts()).toEqual([{ errorClass: "transient", count: 2 }]);
  });
});
