import { createKeyspace, TokenHubError, type FinalJobState, type WebhookEvent } from "@tokenhub/contracts";
import {
  countBatchEndings,
  createBatchRepository,
  createFilePieceWriter,
  createFileRepository,
  createJobRepository,
  readFileBytes,
  type Database,
  type NewBatch,
  type StoredBatch,
} from "@tokenhub/persistence";
import { describeDatabases } from "@tokenhub/persistence/testing";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { startBatchService, type BatchServiceDeps } from "./batch-service.ts";
import { finishBatch } from "./finisher.ts";
import { createInputChecker } from "./input-checker.ts";

const dayMs = 86_400_000;
const lineOf = (at: number): string =>
  JSON.stringify({
    custom_id: `c${at}`,
    method: "POST",
    url: "/v1/embeddings",
    body: { model: "m", input: at },
  });

async function bench({ db }: Pick<Database, "db">) {
  const subscriber = new Redis(inject("redisUrl"));
  onTestFinished(() => subscriber.disconnect());
  const files = createFileRepository(db);
  const batches = createBatchRepository(db);
  const jobs = createJobRepository(db);
  const events: WebhookEvent[] = [];
  const errors: unknown[] = [];
  let nowMs = 1_000;
  const deps: BatchServiceDeps = {
    db,
    owner: "gw_1",
    isAlone: false,
    checker: createInputChecker(),
    lineBytes: 10_000,
    budgetsOf: () => [],
    reserve: () => null,
    costOf: () => 0,
    cancelJob: (jobId) => end([jobId], "cancelled"),
    recordEvents: async (_begun, told) => {
      events.push(...told);
      return 0;
    },
    onEventsRecorded: () => undefined,
    onAccepted: () => undefined,
    subscriber,
    keyspace: createKeyspace(uniquePrefix()),
    now: () => nowMs,
    onError: (error) => void errors.push(error),
    intervalMs: 20,
  };

  async function create(lines: number, members: Partial<NewBatch> = {}): Promise<string> {
    const text = Array.from({ length: lines }, (_, at) => lineOf(at + 1)).join("\n");
    const file = { id: "file-in", tenantId: "t", projectId: null, filename: "in", purpose: "batch" };
    await files.begin({ ...file, isInternal: false, createdAtMs: 1, expiresAtMs: null });
    const writer = createFilePieceWriter(db, file.id);
    await writer.write(Buffer.from(text));
    await writer.finish();
    await files.complete(file.id, { bytes: writer.bytes });
    const batch: NewBatch = {
      id: "batch_1",
      surface: "openai",
      tenantId: "t",
      projectId: null,
      keyId: null,
      endpoint: "/v1/embeddings",
      inputFileId: file.id,
      completionWindow: "24h",
      outputExpiresAfterMs: null,
      metadata: null,
      headers: {},
      model: null,
      owner: "gw_1",
      state: "validating",
      total: 0,
      createdAtMs: nowMs,
      inProgressAtMs: null,
      expiresAtMs: nowMs + dayMs,
      ...members,
    };
    await batches.insert(batch, { mostOpen: 10 });
    return batch.id;
  }

  /** Ends jobs as the dispatcher does. */
  async function end(jobIds: readonly string[], state: FinalJobState): Promise<void> {
    await jobs.claim({ group: "t|batch|m", limit: 1_000, owner: "gw_1", nowMs });
    await jobs.finish(
      jobIds.map((jobId) => ({
        jobId,
        attempt: 1,
        state,
        finishedAtMs: nowMs,
        expiresAtMs: nowMs + dayMs,
        answer: state === "succeeded" ? { statusCode: 200, headers: {}, body: '{\n"data": []\n}' } : null,
        errorCode: null,
        errorClass: null,
        errorMessage: null,
        modelId: null,
        providerId: null,
        costUsd: 0,
        inputTokens: 2,
        outputTokens: 3,
        isDeadLetter: false,
      })),
      { events: () => [], countBatchEndings },
    );
  }

  const batchOf = async (id = "batch_1"): Promise<StoredBatch> => {
    const batch = await batches.get(id);
    if (batch === null) throw new Error("the batch is not there");
    return batch;
  };
  const linesOf = async (fileId: string | null): Promise<Record<string, unknown>[]> =>
    fileId === null
      ? []
      : Buffer.concat(await Array.fromAsync(readFileBytes(db, fileId)))
          .toString()
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Record<string, unknown>);
  const unfinished = async () => {
    const page = await jobs.page({
      filters: { batchId: "batch_1", states: ["queued", "running"] },
      limit: 1_000,
      after: null,
      direction: "asc",
    });
    return page.map(({ id }) => id);
  };
  return {
    deps,
    events,
    errors,
    create,
    end,
    batchOf,
    linesOf,
    unfinished,
    setNow: (at: number) => (nowMs = at),
  };
}

describeDatabases(({ openMigrated }) => {
  describe("the gateway of a batch", () => {
    test("keeps a bounded number of lines as jobs, and goes on where another gateway stopped", async () => {
      const it = await bench(await openMigrated());
      await it.create(700);
      const first = startBatchService(it.deps);
      await until("the first lines", async () => (await it.unfinished()).length === 500);
      await first[Symbol.asyncDispose]();
      // It was never seen as alive, so that anybody may take its batches over.
      await using _second = startBatchService({ ...it.deps, owner: "gw_2" });
      await it.end(await it.unfinished(), "succeeded");
      const rest = await until("the last lines", async () => {
        const ids = await it.unfinished();
        return ids.length === 200 ? ids : null;
      });
      expect((await it.batchOf()).owner).toBe("gw_2");
      await it.end(rest, "failed");
      const batch = await until("the end", async () => {
        const current = await it.batchOf();
        return current.finishedAtMs === null ? null : current;
      });
      expect(batch).toMatchObject({
        state: "completed",
        total: 700,
        counts: { succeeded: 500, failed: 200, cancelled: 0, expired: 0 },
        inputTokens: 1_400,
        outputTokens: 2_100,
      });
      const output = await it.linesOf(batch.outputFileId);
      expect(output.map(({ custom_id: id }) => id)).toEqual(
        Array.from({ length: 500 }, (_, at) => `c${at + 1}`),
      );
      expect(output[0]).toMatchObject({ response: { status_code: 200, body: { data: [] } }, error: null });
      expect((await it.linesOf(batch.errorFileId)).length).toBe(200);
      expect(it.events.map(({ type, data }) => [type, data["id"]])).toEqual([["batch.completed", "batch_1"]]);
      expect(it.errors).toEqual([]);
    });

    test("begins no line after the window, and the rest has expired when what runs has ended", async () => {
      const it = await bench(await openMigrated());
      await it.create(600);
      await using _service = startBatchService(it.deps);
      await until("the first lines", async () => (await it.unfinished()).length === 500);
      it.setNow(2_000 + dayMs);
      await it.end(await it.unfinished(), "expired");
      const batch = await until("the end", async () => {
        const current = await it.batchOf();
        return current.finishedAtMs === null ? null : current;
      });
      expect(batch).toMatchObject({ state: "expired", outputFileId: null, counts: { expired: 600 } });
      const errors = await it.linesOf(batch.errorFileId);
      expect(errors.map(({ custom_id: id }) => id)).toEqual(
        Array.from({ length: 600 }, (_, at) => `c${at + 1}`),
      );
      expect(errors.at(-1)).toMatchObject({ response: null, error: { code: "batch_expired" } });
      expect(it.events.map(({ type }) => type)).toEqual(["batch.expired"]);
    });

    test("cancels what has not begun, and names every line that was not carried out", async () => {
      const it = await bench(await openMigrated());
      const id = await it.create(520);
      await using service = startBatchService(it.deps);
      await until("the first lines", async () => (await it.unfinished()).length === 500);
      const [one] = await it.unfinished();
      await it.end([one ?? ""], "succeeded");
      const changes = { cancellingAtMs: 5 };
      await createBatchRepository(it.deps.db).move(id, { from: ["in_progress"], to: "cancelling", changes });
      service.wake();
      const batch = await until("the end", async () => {
        const current = await it.batchOf();
        return current.finishedAtMs === null ? null : current;
      });
      expect(batch.state).toBe("cancelled");
      expect(batch.counts).toMatchObject({ succeeded: 1, cancelled: 519 });
      const names = [...(await it.linesOf(batch.outputFileId)), ...(await it.linesOf(batch.errorFileId))];
      expect(new Set(names.map(({ custom_id: customId }) => customId)).size).toBe(520);
      expect(it.events.map(({ type }) => type)).toEqual(["batch.cancelled"]);
    });

    test("waits while nothing is left of a budget, and goes on when something is", async () => {
      const it = await bench(await openMigrated());
      await it.create(3);
      let left = 1;
      await using _service = startBatchService({
        ...it.deps,
        budgetsOf: () => [{ kind: "key", id: "k", resetAtMs: null, limitNanoUsd: 1 }],
        async reserve() {
          if (left === 0) throw new TokenHubError("budget_exceeded", "Nothing is left.");
          left -= 1;
          return { settle: () => undefined, release: () => undefined };
        },
      });
      await until("the line that fits", async () => (await it.unfinished()).length === 1);
      left = 5;
      it.setNow(60_000);
      await until("the others", async () => (await it.unfinished()).length === 3);
      expect(it.errors).toEqual([]);
    });
  });

  test("a batch that two gateways end at once has one end, one event and whole files", async () => {
    const it = await bench(await openMigrated());
    const id = await it.create(120);
    const service = startBatchService(it.deps);
    await until("the lines", async () => (await it.unfinished()).length === 120);
    await service[Symbol.asyncDispose]();
    await it.end(await it.unfinished(), "succeeded");
    const outcomes = await Promise.all([finishBatch(it.deps, id), finishBatch(it.deps, id)]);
    expect(outcomes.toSorted()).toEqual([false, true]);
    expect(await finishBatch(it.deps, id)).toBe(false);
    expect(it.events).toHaveLength(1);
    const { outputFileId, errorFileId } = await it.batchOf();
    expect([(await it.linesOf(outputFileId)).length, errorFileId]).toEqual([120, null]);
  });
});
