import { beforeEach, describe, expect, test } from "vitest";
import { createJobRepository } from "../jobs/job-repository.ts";
import type { NewJob } from "../jobs/new-job.ts";
import type { Database } from "../open-database.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { countBatchEndings } from "./batch-progress.ts";
import { createBatchRepository, type BatchRepository } from "./batch-repository.ts";
import { unfinishedLineCount, type StoredBatch } from "./batch-row.ts";
import { expandBatch } from "./expand-batch.ts";
import type { NewBatch } from "./new-batch-row.ts";

const newBatch = (members: Partial<NewBatch> = {}): NewBatch => ({
  id: "batch_1",
  surface: "openai",
  tenantId: "ten_a",
  projectId: null,
  keyId: "key_1",
  endpoint: "/v1/chat/completions",
  inputFileId: "file-1",
  completionWindow: "24h",
  outputExpiresAfterMs: null,
  metadata: { run: "7" },
  headers: { "x-tokenhub-mode": "cheap" },
  model: null,
  owner: "gw_1",
  state: "in_progress",
  total: 10,
  createdAtMs: 1_000,
  inProgressAtMs: 1_000,
  expiresAtMs: 90_000,
  ...members,
});

const jobOf = (line: number): NewJob => ({
  id: `job_${line}`,
  requestId: `req_${line}`,
  tenantId: "ten_a",
  projectId: null,
  keyId: "key_1",
  origin: "batch",
  endpoint: "/v1/chat/completions",
  lane: "batch",
  priority: 5,
  isStream: false,
  requestedModel: "gpt",
  headers: {},
  bodyText: "{}",
  metadata: null,
  tags: null,
  webhook: null,
  createdAtMs: 1_000,
  notBeforeMs: null,
  deadlineAtMs: 90_000,
  reservedUsd: 0,
  batch: { batchId: "batch_1", line, customId: `c${line}` },
});

const mostOpen = 100;

describeDatabases(({ openMigrated }) => {
  let db: Database["db"];
  let batches: BatchRepository;
  beforeEach(async () => {
    ({ db } = await openMigrated());
    batches = createBatchRepository(db);
  });

  async function stored(id = "batch_1"): Promise<StoredBatch> {
    const batch = await batches.get(id);
    if (batch === null) throw new Error("the batch is not there");
    return batch;
  }

  describe("batches", () => {
    test("are read as they were written", async () => {
      expect(await batches.insert(newBatch(), { mostOpen })).toBe(true);
      expect(await stored()).toMatchObject({
        ...newBatch(),
        nextLine: 1,
        nextOffsetBytes: 0,
        problems: [],
        counts: { succeeded: 0, failed: 0, cancelled: 0, expired: 0 },
        finishedAtMs: null,
      });
      expect(await batches.get("batch_2")).toBeNull();
    });

    test("of a tenant are open at most as many as are admitted; those that ended do not count", async () => {
      await batches.insert(newBatch(), { mostOpen: 1 });
      expect(await batches.insert(newBatch({ id: "batch_2" }), { mostOpen: 1 })).toBe(false);
      expect(await batches.insert(newBatch({ id: "batch_3", tenantId: "ten_b" }), { mostOpen: 1 })).toBe(
        true,
      );
      await batches.move("batch_1", { from: ["in_progress"], to: "completed", changes: { finishedAtMs: 5 } });
      expect(await batches.insert(newBatch({ id: "batch_4" }), { mostOpen: 1 })).toBe(true);
    });

    test("move on only from a state that is named, with what changes along", async () => {
      await batches.insert(newBatch({ state: "validating" }), { mostOpen });
      const problems = [{ code: "c", message: "m", param: null, line: 3 }];
      const changes = { total: 4, model: "gpt", problems, finishedAtMs: 9 };
      expect(await batches.move("batch_1", { from: ["in_progress"], to: "finalizing", changes })).toBe(false);
      expect(await batches.move("batch_1", { from: ["validating"], to: "failed", changes })).toBe(true);
      expect(await stored()).toMatchObject({ state: "failed", ...changes });
      expect(await batches.open()).toEqual([]);
    });

    test("are paged by time in both directions, each tenant its own, each API its own", async () => {
      for (const [id, createdAtMs] of [
        ["a", 1],
        ["b", 2],
        ["c", 2],
      ] as const)
        await batches.insert(newBatch({ id, createdAtMs, projectId: id === "b" ? "prj" : null }), {
          mostOpen,
        });
      await batches.insert(newBatch({ id: "d", tenantId: "ten_b" }), { mostOpen });
      await batches.insert(newBatch({ id: "e", surface: "anthropic" }), { mostOpen });
      const idsOf = async (request: Partial<Parameters<BatchRepository["page"]>[0]>) =>
        (
          await batches.page({
            filters: { tenantId: "ten_a", surface: "openai" },
            limit: 10,
            after: null,
            direction: "desc",
            ...request,
          })
        ).map(({ id }) => id);
      expect(await idsOf({})).toEqual(["c", "b", "a"]);
      expect(await idsOf({ after: { createdAtMs: 2, id: "c" }, limit: 1 })).toEqual(["b"]);
      expect(await idsOf({ after: { createdAtMs: 1, id: "a" }, direction: "asc" })).toEqual(["b", "c"]);
      const filters = { tenantId: "ten_a", projectId: "prj", surface: "openai" } as const;
      expect(await idsOf({ filters })).toEqual(["b"]);
    });

    test("are taken over when their gateway is gone, and left to it while it lives", async () => {
      await batches.insert(newBatch({ id: "batch_alive", owner: "gw_alive" }), { mostOpen });
      await batches.insert(newBatch({ id: "batch_gone", owner: "gw_gone" }), { mostOpen });
      await batches.insert(newBatch({ id: "batch_none", owner: null }), { mostOpen });
      const jobs = createJobRepository(db);
      await jobs.seeGateway("gw_alive", 20_000);
      await jobs.seeGateway("gw_gone", 1_000);
      expect(await batches.claimOrphans({ owner: "gw_me", aliveSinceMs: 5_000 })).toBe(2);
      const owners = (await batches.open()).map(({ id, owner }) => [id, owner]);
      expect(Object.fromEntries(owners)).toEqual({
        batch_alive: "gw_alive",
        batch_gone: "gw_me",
        batch_none: "gw_me",
      });
    });

    test("are deleted only after their end", async () => {
      await batches.insert(newBatch(), { mostOpen });
      expect(await batches.remove("batch_1")).toBe(false);
      await batches.move("batch_1", { from: ["in_progress"], to: "completed", changes: { finishedAtMs: 5 } });
      expect(await batches.endedBefore({ finishedBeforeMs: 5, limit: 10 })).toEqual([]);
      expect(await batches.endedBefore({ finishedBeforeMs: 6, limit: 10 })).toHaveLength(1);
      expect(await batches.remove("batch_1")).toBe(true);
      expect(await batches.get("batch_1")).toBeNull();
    });
  });

  describe("lines", () => {
    const expansion = { jobs: [jobOf(1), jobOf(2)], next: { line: 3, offsetBytes: 50 } };

    test("become jobs together with the note of it, once, whoever tries again", async () => {
      await batches.insert(newBatch(), { mostOpen });
      const batch = await stored();
      const outcomes = await Promise.all([
        expandBatch(db, { batch, ...expansion }),
        expandBatch(db, { batch, ...expansion }),
      ]);
      expect(outcomes.toSorted()).toEqual([false, true]);
      const after = await stored();
      expect([after.nextLine, after.nextOffsetBytes, unfinishedLineCount(after)]).toEqual([3, 50, 2]);
      const jobs = createJobRepository(db);
      expect(await jobs.get("job_2")).toMatchObject({ batchId: "batch_1", batchLine: 2, customId: "c2" });
    });

    test("of a batch that is cancelled become no jobs", async () => {
      await batches.insert(newBatch(), { mostOpen });
      const batch = await stored();
      const changes = { cancellingAtMs: 2 };
      await batches.move("batch_1", { from: ["in_progress"], to: "cancelling", changes });
      expect(await expandBatch(db, { batch, ...expansion })).toBe(false);
      expect(await createJobRepository(db).get("job_1")).toBeNull();
      expect((await stored()).nextLine).toBe(1);
    });

    test("that end are counted in their batches, however many end together", async () => {
      await batches.insert(newBatch(), { mostOpen });
      await batches.insert(newBatch({ id: "batch_2" }), { mostOpen });
      await countBatchEndings(db, [
        { batchId: "batch_2", state: "expired" },
        { batchId: "batch_1", state: "succeeded" },
        { batchId: "batch_1", state: "failed" },
        { batchId: "batch_1", state: "succeeded" },
      ]);
      await countBatchEndings(db, [{ batchId: "batch_1", state: "cancelled" }]);
      expect((await stored()).counts).toEqual({ succeeded: 2, failed: 1, cancelled: 1, expired: 0 });
      expect((await stored("batch_2")).counts.expired).toBe(1);
    });
  });
});
