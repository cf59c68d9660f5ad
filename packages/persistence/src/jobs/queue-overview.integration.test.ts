import { expect, test } from "vitest";
import { buildJob } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createJobRepository } from "./job-repository.ts";
import { dispatchGroupOf } from "./new-job.ts";
import { countScheduled, queueOverview } from "./queue-overview.ts";

const nowMs = 1_795_000_050_000;

describeDatabases(({ openMigrated }) => {
  test("the overview has every group that waits or runs, with who waits longest", async () => {
    const { db } = await openMigrated();
    expect(await queueOverview(db)).toEqual([]);
    const jobs = createJobRepository(db);
    const odd = { tenantId: "tenant-b", lane: "batch", requestedModel: "a|b" } as const;
    await jobs.insert([
      buildJob(3),
      buildJob(1),
      buildJob(2),
      buildJob(4, odd),
      buildJob(5, { requestedModel: null }),
      buildJob(6, { notBeforeMs: nowMs + 1 }),
    ]);
    await jobs.claim({ group: dispatchGroupOf(buildJob(1)), limit: 1, owner: "gw-1", nowMs });
    await jobs.claim({ group: dispatchGroupOf(buildJob(4, odd)), limit: 1, owner: "gw-1", nowMs });
    const background = { tenantId: "tenant-a", lane: "background", running: 0 };
    expect(await queueOverview(db)).toEqual([
      {
        ...background,
        group: "tenant-a|background|gpt-4",
        requestedModel: "gpt-4",
        queued: 2,
        running: 1,
        oldestQueuedAtMs: buildJob(2).createdAtMs,
      },
      {
        ...background,
        group: "tenant-a|background|",
        requestedModel: "",
        queued: 1,
        oldestQueuedAtMs: buildJob(5).createdAtMs,
      },
      { ...odd, group: "tenant-b|batch|a|b", queued: 0, running: 1, oldestQueuedAtMs: null },
    ]);
    expect(await countScheduled(db)).toBe(1);
  });
});
