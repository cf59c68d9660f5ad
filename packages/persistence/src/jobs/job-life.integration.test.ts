import type { WebhookEvent } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import type { FinishOptions } from "./job-ending.ts";
import { createJobRepository } from "./job-repository.ts";
import type { StoredJob } from "./job-row.ts";
import { dispatchGroupOf } from "./new-job.ts";

const nowMs = 1_795_000_050_000;
const group = dispatchGroupOf(buildJob(1));
const quiet: FinishOptions = { events: () => [] };

function endEventOf({ id, tenantId, state }: StoredJob): WebhookEvent {
  const base = { tenantId, projectId: null, type: "job.succeeded", createdAtMs: nowMs } as const;
  return { ...base, id: `evt_${id}`, data: { id, state } };
}

describeDatabases(({ openMigrated }) => {
  test("a job is stored as it was accepted, and accepting it again changes nothing", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    const webhook = { url: "https://example.com/hook", sealedSecret: null, eventTypes: null };
    const accepted = buildJob(1, {
      priority: 4,
      isStream: true,
      metadata: { team: "a" },
      tags: ["x", "y"],
      webhook,
      batch: { batchId: "batch_1", line: 3, customId: "row-3" },
      bodyText: `{"text":"${"long ".repeat(40_000)}"}`,
    });
    expect(await jobs.insert([accepted, buildJob(2)])).toEqual(new Set([jobIdOf(1), jobIdOf(2)]));
    expect(await jobs.insert([buildJob(3), { ...accepted, bodyText: "another" }])).toEqual(
      new Set([jobIdOf(3)]),
    );
    expect(await jobs.get(accepted.id)).toMatchObject({
      state: "queued",
      attempt: 1,
      requestId: accepted.requestId,
      priority: 4,
      isStream: true,
      metadata: { team: "a" },
      tags: ["x", "y"],
      webhook,
      batchId: "batch_1",
      batchLine: 3,
      customId: "row-3",
      reservedNanoUsd: 2_000_000,
      dispatchGroup: "tenant-a|background|gpt-4",
      owner: null,
      finishedAtMs: null,
    });
    expect(await jobs.request(accepted.id)).toEqual({
      headers: accepted.headers,
      bodyText: accepted.bodyText,
    });
    expect(await jobs.answer(accepted.id)).toBeNull();
    expect(await jobs.get(jobIdOf(9))).toBeNull();
    expect((await jobs.get(jobIdOf(2)))?.priority).toBe(0);
  });

  test("what PostgreSQL refuses in a text is replaced, so that no job is refused for it", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    const odd = { requestedModel: "m\0", bodyText: "b\0\ud800", tags: ["t\0"], headers: { "x-odd": "\0" } };
    await jobs.insert([buildJob(1, odd)]);
    const [claimed] = await jobs.claim({
      group: dispatchGroupOf(buildJob(1, odd)),
      limit: 1,
      owner: "gw-1",
      nowMs,
    });
    expect(claimed).toMatchObject({ requestedModel: "m\uFFFD", tags: ["t\uFFFD"] });
    const answer = { statusCode: 200, headers: {}, body: "data: \0" };
    const [ended] = await jobs.finish([buildEnding(1, { answer, errorMessage: "why\0" })], quiet);
    expect(ended).toMatchObject({ errorMessage: "why\uFFFD", resultBytes: 9 });
    expect(await jobs.answer(jobIdOf(1))).toMatchObject({ body: "data: \uFFFD" });
  });

  test("a job that ends keeps answer, figures and counters, and tells its events in the same transaction", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    const webhook = { url: "https://example.com/hook", sealedSecret: null, eventTypes: null };
    const batch = { batchId: "batch_1", line: 1, customId: "a" };
    await jobs.insert([buildJob(1, { webhook, batch }), buildJob(2), buildJob(3)]);
    await jobs.claim({ group, limit: 2, owner: "gw-1", nowMs });
    const told: unknown[] = [];
    const counted: unknown[] = [];
    const options: FinishOptions = {
      events: (job, ending) => (ending.state === "succeeded" ? [endEventOf(job)] : []),
      recordEvents: async (begun, { events, jobWebhooks }) => {
        expect(begun.isTransaction).toBe(true);
        told.push(
          events.map(({ id, data }) => [id, data["state"]]),
          [...jobWebhooks],
        );
      },
      countBatchEndings: async (begun, endings) => {
        expect(begun.isTransaction).toBe(true);
        counted.push(...endings);
      },
    };
    const failed = buildEnding(2, {
      state: "failed",
      answer: null,
      errorCode: "provider_error",
      errorClass: "transient",
      errorMessage: "The provider failed.",
      costUsd: null,
      inputTokens: null,
      isDeadLetter: true,
    });
    const ended = await jobs.finish([failed, buildEnding(1), buildEnding(1), buildEnding(9)], options);
    expect(ended.map(({ id }) => id).toSorted()).toEqual([jobIdOf(1), jobIdOf(2)]);
    expect(await jobs.get(jobIdOf(1))).toMatchObject({
      state: "succeeded",
      owner: null,
      startedAtMs: nowMs,
      finishedAtMs: buildEnding(1).finishedAtMs,
      expiresAtMs: buildEnding(1).expiresAtMs,
      statusCode: 200,
      modelId: "gpt-4",
      providerId: "openai",
      costNanoUsd: 1_000_000,
      inputTokens: 10,
      outputTokens: 20,
      resultBytes: 12,
      letter: null,
    });
    expect(await jobs.answer(jobIdOf(1))).toEqual(buildEnding(1).answer);
    expect(await jobs.get(jobIdOf(2))).toMatchObject({
      state: "failed",
      errorCode: "provider_error",
      errorClass: "transient",
      costNanoUsd: null,
      resultBytes: null,
      letter: "open",
    });
    expect(told).toEqual([[[`evt_${jobIdOf(1)}`, "succeeded"]], [[`evt_${jobIdOf(1)}`, webhook]]]);
    expect(counted).toEqual([{ batchId: "batch_1", state: "succeeded" }]);
    // A second time nothing happens.
    expect(await jobs.finish([failed, buildEnding(1, { state: "failed" })], options)).toEqual([]);
    expect(told).toHaveLength(2);
  });

  test("when an event cannot be recorded, the job has not ended", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    await jobs.insert([buildJob(1)]);
    const finishing = jobs.finish([buildEnding(1)], {
      events: (job) => [endEventOf(job)],
      recordEvents: () => Promise.reject(new Error("the disk is full")),
    });
    await expect(finishing).rejects.toThrow("the disk is full");
    expect(await jobs.get(jobIdOf(1))).toMatchObject({ state: "queued", finishedAtMs: null });
    expect(await jobs.answer(jobIdOf(1))).toBeNull();
  });

  test("hundreds of jobs end in one call", async () => {
    const { db } = await openMigrated();
    const jobs = createJobRepository(db);
    const numbers = Array.from({ length: 1_100 }, (_, index) => index);
    expect((await jobs.insert(numbers.map((number) => buildJob(number)))).size).toBe(1_100);
    const ended = await jobs.finish(
      numbers.map((number) => buildEnding(number)),
      quiet,
    );
    expect(new Set(ended.map(({ id }) => id)).size).toBe(1_100);
    expect(await jobs.finish([], quiet)).toEqual([]);
    expect(await jobs.insert([])).toEqual(new Set());
  });

  test("insertion and end take part in the caller's transaction", async () => {
    const { db } = await openMigrated();
    const broken = db.transaction().execute(async (begun) => {
      const jobs = createJobRepository(begun);
      await jobs.insert([buildJob(1)]);
      await jobs.finish([buildEnding(1)], quiet);
      throw new Error("the caller changed its mind");
    });
    await expect(broken).rejects.toThrow("changed its mind");
    expect(await createJobRepository(db).get(jobIdOf(1))).toBeNull();
  });
});
