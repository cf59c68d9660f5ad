import type { FinalJobState, WebhookEvent } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { countBatchEndings } from "../batches/batch-progress.ts";
import { createBatchRepository } from "../batches/batch-repository.ts";
import type { Database } from "../open-database.ts";
import { buildEnding, buildJob } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { recordWebhookEvents } from "../webhooks/record-events.ts";
import type { FinishOptions } from "./job-ending.ts";
import { createJobRepository, type JobRepository } from "./job-repository.ts";
import type { StoredJob } from "./job-row.ts";

const nowMs = 1_795_000_150_000;
const webhook = { url: "https://example.com/hook", sealedSecret: null, eventTypes: null };
const stateOf = (number: number): FinalJobState => (number % 4 === 0 ? "failed" : "succeeded");

/** Everything that a gateway does with ends, and ids of deliveries that no other has. */
function optionsOf(gateway: string): FinishOptions {
  let made = 0;
  return {
    events: (job) => [eventOf(job)],
    countBatchEndings,
    recordEvents: (begun, told) =>
      recordWebhookEvents(begun, { ...told, newId: () => `whd_${gateway}${(made += 1)}`, nowMs }),
  };
}

function eventOf({ id, tenantId, projectId, state }: StoredJob): WebhookEvent {
  const type = state === "failed" ? "job.failed" : "job.succeeded";
  return { id: `evt_${id}`, tenantId, projectId, type, createdAtMs: nowMs, data: { id, state } };
}

async function insertBatch(
  db: Database["db"],
  jobs: JobRepository,
  numbers: readonly number[],
): Promise<void> {
  await createBatchRepository(db).insert(
    {
      id: "batch_1",
      surface: "openai",
      tenantId: "tenant-a",
      projectId: null,
      keyId: null,
      endpoint: "/v1/chat/completions",
      inputFileId: "file_1",
      state: "in_progress",
      completionWindow: "24h",
      outputExpiresAfterMs: null,
      metadata: null,
      headers: {},
      model: null,
      owner: null,
      inProgressAtMs: nowMs,
      total: numbers.length,
      createdAtMs: nowMs,
      expiresAtMs: nowMs,
    },
    { mostOpen: 1 },
  );
  await jobs.insert(
    numbers.map((number) =>
      buildJob(number, { webhook, batch: { batchId: "batch_1", line: number + 1, customId: `${number}` } }),
    ),
  );
}

describeDatabases(({ openMigrated, openAgain }) => {
  test("gateways that end the same jobs at the same time count each once and tell each once", async () => {
    const database = await openMigrated();
    const other = (await openAgain(database)) ?? database;
    const jobs = createJobRepository(database.db);
    const numbers = Array.from({ length: 80 }, (_, index) => index);
    await insertBatch(database.db, jobs, numbers);
    const endings = numbers.map((number) => buildEnding(number, { state: stateOf(number) }));
    const parts = [
      endings.slice(0, 50),
      endings.slice(30).toReversed(),
      endings.toReversed(),
      endings.slice(20, 60),
      endings,
    ];
    const ended = await Promise.all(
      parts.map((part, turn) => {
        const { db } = turn % 2 === 0 ? database : other;
        return createJobRepository(db).finish(part, optionsOf(`${turn}`));
      }),
    );
    expect(ended.flat()).toHaveLength(80);
    const batch = await database.db.selectFrom("batches").selectAll().executeTakeFirstOrThrow();
    expect(batch).toMatchObject({ succeeded: 60, failed: 20, cancelled: 0, expired: 0 });
    const deliveries = await database.db.selectFrom("webhook_deliveries").select("event_id").execute();
    expect(new Set(deliveries.map(({ event_id }) => event_id)).size).toBe(80);
    expect(deliveries).toHaveLength(80);
  });
});
