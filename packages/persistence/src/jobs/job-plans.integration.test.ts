import { Kysely, sql, type CompiledQuery, type LogEvent } from "kysely";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { migrate } from "../migrate.ts";
import type { Schema } from "../schema/schema.ts";
import { openSqlite } from "../sqlite-dialect.ts";
import { buildEnding } from "../testing/build-job.ts";
import type { JobFilters } from "./job-page.ts";
import { createJobRepository, type JobRepository } from "./job-repository.ts";

const nowMs = 1_795_000_050_000;

/** A SQLite database that shows how it would run every statement of a piece of work. */
async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-plans-"));
  const queries: CompiledQuery[] = [];
  const db = new Kysely<Schema>({
    dialect: await openSqlite({ path: join(folder, "hub.db") }),
    log: (event: LogEvent) => void queries.push(event.query),
  });
  onTestFinished(async () => {
    await db.destroy();
    await rm(folder, { recursive: true });
  });
  await migrate(db);
  return {
    db,
    planOf: async (work: (jobs: JobRepository) => Promise<unknown>): Promise<string> => {
      queries.length = 0;
      await work(createJobRepository(db));
      const steps: string[] = [];
      for (const query of queries.filter(({ sql: text }) => /^\s*(with|select|delete|update)/i.test(text))) {
        const explained = await db.executeQuery<{ readonly detail: string }>({
          ...query,
          sql: `explain query plan ${query.sql}`,
        });
        steps.push(...explained.rows.map(({ detail }) => detail));
      }
      return steps.join("\n");
    },
  };
}

/** Reading a table from one end to the other; what a statement has put together itself is no table. */
const wholeTable = /SCAN (jobs|job_answers|gateways|other)(?! USING (COVERING )?INDEX)/;

const take = { owner: "gw-1", nowMs, limit: 100 };
const next = {
  jobId: "job_1",
  attempt: 1,
  owner: "gw-1",
  requestId: "req_1r2",
  notBeforeMs: null,
  errorCode: null,
  errorClass: null,
  errorMessage: null,
};

test.each<[what: string, work: (jobs: JobRepository) => Promise<unknown>, step: string]>([
  ["claim", (jobs) => jobs.claim({ ...take, group: "g" }), "COVERING INDEX jobs_queued (dispatch_group=?)"],
  ["takeOverdue", (jobs) => jobs.takeOverdue(take), "INDEX jobs_waiting_by_deadline (deadline_at_ms<?)"],
  ["promoteDue", (jobs) => jobs.promoteDue(nowMs, 100), "INDEX jobs_scheduled (not_before_ms<?)"],
  ["queuedGroups", (jobs) => jobs.queuedGroups(100), "COVERING INDEX jobs_queued (dispatch_group>?)"],
  ["runningCounts", (jobs) => jobs.runningCounts(), "COVERING INDEX jobs_running"],
  ["release", (jobs) => jobs.release({ owner: "gw-1" }), "INDEX jobs_running (owner=?)"],
  ["release of some", (jobs) => jobs.release({ jobIds: ["job_1"] }), "jobs_1 (id=?)"],
  ["goneOwners", (jobs) => jobs.goneOwners(nowMs), "COVERING INDEX jobs_running"],
  ["requeue", (jobs) => jobs.requeue([next]), "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"],
  [
    "finish",
    (jobs) => jobs.finish([buildEnding(1), buildEnding(2)], { events: () => [] }),
    "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)",
  ],
  ["queuePosition", (jobs) => jobs.queuePosition({ id: "job_1" }), "COVERING INDEX jobs_queued"],
  [
    "recentPace",
    (jobs) => jobs.recentPace("g", { sinceMs: 1, nowMs }),
    "COVERING INDEX jobs_by_group_end (dispatch_group=? AND finished_at_ms>?)",
  ],
  [
    "reservations of a tenant",
    (jobs) => jobs.reservedNanoUsd({ kind: "tenant", id: "t" }),
    "COVERING INDEX jobs_open_by_tenant (tenant_id=?)",
  ],
  [
    "reservations of a project",
    (jobs) => jobs.reservedNanoUsd({ kind: "project", id: "p" }),
    "COVERING INDEX jobs_reserved_by_project (project_id=?",
  ],
  [
    "reservations of a key",
    (jobs) => jobs.reservedNanoUsd({ kind: "key", id: "k" }),
    "COVERING INDEX jobs_reserved_by_key (key_id=?",
  ],
  ["answer", (jobs) => jobs.answer("job_1", { tenantId: "t" }), "job_answers_1 (job_id=?)"],
  ["letterCounts", (jobs) => jobs.letterCounts({ letter: "open" }), "COVERING INDEX jobs_dead (letter=?)"],
  ["deleteExpired", (jobs) => jobs.deleteExpired(nowMs, 100), "INDEX jobs_expiring (expires_at_ms<?)"],
  [
    "deleteOldestAnswers",
    (jobs) => jobs.deleteOldestAnswers({ maxBytes: 9 }),
    "COVERING INDEX jobs_answered",
  ],
])("%s reads what it needs by an index", async (_, work, step) => {
  const { planOf } = await setUp();
  const plan = await planOf(work);
  expect(plan).toContain(step);
  expect(plan).not.toMatch(wholeTable);
});

test("what is taken in turn stands in the index in that order", async () => {
  const { planOf } = await setUp();
  const plan = await planOf(async (jobs) => {
    await jobs.claim({ ...take, group: "g" });
    await jobs.takeOverdue(take);
    await jobs.promoteDue(nowMs, 100);
  });
  expect(plan).not.toContain("TEMP B-TREE FOR ORDER BY");
});

test.each<[what: string, filters: JobFilters, index: string]>([
  ["all jobs", {}, "jobs_by_time"],
  ["jobs of a tenant", { tenantId: "t" }, "jobs_by_tenant_and_time (tenant_id=?)"],
  [
    "open jobs of a tenant",
    { tenantId: "t", states: ["queued", "running"] },
    "jobs_open_by_tenant (tenant_id=?)",
  ],
  ["failed jobs of a tenant", { tenantId: "t", states: ["failed"] }, "jobs_without_success (tenant_id=?)"],
  ["jobs of a batch", { tenantId: "t", batchId: "b" }, "jobs_by_batch (batch_id=?)"],
  ["open letters of a tenant", { tenantId: "t", letter: "open" }, "jobs_dead (letter=?)"],
])("%s come by an index", async (what, filters, index) => {
  const { planOf } = await setUp();
  const after = { createdAtMs: nowMs, id: "job_1" };
  for (const request of [{}, { after }, { after, direction: "asc" }] as const) {
    const plan = await planOf((jobs) => jobs.page({ filters, limit: 50, ...request }));
    expect(plan).toContain(`USING INDEX ${index.replace(")", "")}`);
    // The lines of one batch are sorted.
    if (what !== "jobs of a batch") expect(plan).not.toContain("TEMP B-TREE FOR ORDER BY");
  }
});

test("the plans above are of the real tables: an absent index is noticed", async () => {
  const { db, planOf } = await setUp();
  await sql`drop index jobs_queued`.execute(db);
  const plan = await planOf((jobs) => jobs.claim({ ...take, group: "g" }));
  expect(plan).not.toContain("jobs_queued");
  expect(plan).toContain("TEMP B-TREE FOR ORDER BY");
});
