import { TokenHubError } from "@tokenhub/contracts";
import {
  createJobRepository,
  createScheduleRepository,
  type Database,
  type JobSchedule,
} from "@tokenhub/persistence";
import { buildJob } from "@tokenhub/persistence/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { createKeyIndex } from "../access/key-index.ts";
import { openTestDatabase } from "../insight/database.fixture.ts";
import { promoteSchedules, type PromotionDeps } from "./promote-schedules.ts";
import { digitsOfOccurrence } from "./scheduled-jobs.ts";

const hourMs = 3_600_000;
const firstAtMs = Date.parse("2027-01-01T06:00:00Z");
const template = {
  endpoint: "/v1/chat",
  bodyText: '{"request":{}}',
  priority: 3,
  metadata: null,
  tags: ["nightly"],
  webhook: null,
};

let database: Database;
let nowMs: number;
let outcomes: string[];
let errors: unknown[];
beforeEach(async () => {
  database = await openTestDatabase();
  nowMs = firstAtMs;
  outcomes = [];
  errors = [];
});

const schedules = () => createScheduleRepository(database.db);
const jobs = () => createJobRepository(database.db);
const stored = async (id = "sch_1") => (await schedules().get(id)) ?? expect.fail(`there is no ${id}`);
const listed = () => jobs().page({ limit: 100, direction: "asc" });

async function schedule(more: Partial<JobSchedule> = {}): Promise<void> {
  const entry: JobSchedule = {
    id: "sch_1",
    tenantId: "tenant-a",
    projectId: null,
    keyId: null,
    name: "hourly",
    cron: "@hourly",
    timeZone: "UTC",
    templateJson: JSON.stringify(template),
    deadlineSeconds: null,
    enabled: true,
    nextAtMs: firstAtMs,
    ...more,
  };
  await schedules().create(entry, { nowMs: 0 });
}

/** A gateway whose endpoints take everything, unless told otherwise. */
function gateway(refusal?: TokenHubError): PromotionDeps {
  return {
    schedules: schedules(),
    jobs: jobs(),
    keys: createKeyIndex(),
    admission: { requireScope: () => undefined },
    check: () => Promise.resolve(),
    async accept({ caller, bodyText, endpoint, terms }) {
      if (refusal !== undefined) throw refusal;
      const { tenantId, projectId, keyId } = caller;
      const { digits, deadlineAtMs, ...rest } = terms;
      const row = buildJob(1, {
        ...rest,
        tenantId,
        projectId,
        keyId,
        bodyText,
        endpoint,
        createdAtMs: nowMs,
      });
      await jobs().insert([
        {
          ...row,
          id: `job_${digits}`,
          requestId: `req_${digits}`,
          deadlineAtMs: deadlineAtMs ?? nowMs + hourMs,
        },
      ]);
      return `job_${digits}`;
    },
    now: () => nowMs,
    onOccurrence: (outcome) => void outcomes.push(outcome),
    onError: (error) => void errors.push(error),
  };
}

describe("an occurrence that has come", () => {
  test("becomes a job of its owner, and the schedule waits for the next", async () => {
    await schedule({ deadlineSeconds: 60 });
    nowMs = firstAtMs - 1;
    await promoteSchedules(gateway());
    expect(await listed()).toEqual([]);
    nowMs = firstAtMs + 5;
    await promoteSchedules(gateway());
    const jobId = `job_${digitsOfOccurrence("sch_1", firstAtMs)}`;
    expect(await listed()).toMatchObject([
      {
        id: jobId,
        tenantId: "tenant-a",
        keyId: null,
        origin: "schedule",
        scheduleId: "sch_1",
        endpoint: "/v1/chat",
        priority: 3,
        tags: ["nightly"],
        deadlineAtMs: firstAtMs + 60_000,
      },
    ]);
    expect(await stored()).toMatchObject({
      entry: { nextAtMs: firstAtMs + hourMs },
      version: 1,
      lastAtMs: firstAtMs,
      lastJobId: jobId,
      lastProblem: null,
    });
    expect([outcomes, errors]).toEqual([["made"], []]);
  });

  test("becomes one job, whichever gateways try at once", async () => {
    await schedule();
    await Promise.all([gateway(), gateway(), gateway()].map(promoteSchedules));
    expect(await listed()).toHaveLength(1);
    expect(outcomes).toEqual(["made"]);
  });

  test("becomes one job although its gateway dies before the schedule knows of it", async () => {
    await schedule();
    const dying = gateway();
    const deps = {
      ...dying,
      schedules: { ...dying.schedules, advance: () => Promise.reject(new Error("gone")) },
    };
    await promoteSchedules(deps);
    expect(errors).toHaveLength(1);
    nowMs += 30_000;
    await promoteSchedules(gateway());
    expect(await listed()).toHaveLength(1);
    expect((await stored()).entry.nextAtMs).toBe(firstAtMs + hourMs);
  });

  test("is made up for by one job when several were missed", async () => {
    await schedule();
    nowMs = firstAtMs + 10.5 * hourMs;
    await promoteSchedules(gateway());
    await promoteSchedules(gateway());
    expect(await listed()).toMatchObject([{ id: `job_${digitsOfOccurrence("sch_1", firstAtMs)}` }]);
    expect((await stored()).entry.nextAtMs).toBe(firstAtMs + 11 * hourMs);
  });

  test("is let go when nobody wants it any more", async () => {
    await schedule({ deadlineSeconds: 60 });
    nowMs = firstAtMs + 61_000;
    await promoteSchedules(gateway());
    expect(await listed()).toEqual([]);
    expect(await stored()).toMatchObject({
      entry: { nextAtMs: firstAtMs + hourMs },
      lastJobId: null,
      lastProblem: expect.stringContaining("deadline_exceeded") as string,
    });
    expect(outcomes).toEqual(["refused"]);
  });
});

describe("an occurrence whose job is refused", () => {
  test("is let go with the reason, and the next one has its turn", async () => {
    await schedule();
    await promoteSchedules(gateway(new TokenHubError("budget_exceeded", "The budget is used up.")));
    expect(await stored()).toMatchObject({
      entry: { nextAtMs: firstAtMs + hourMs },
      lastProblem: "budget_exceeded: The budget is used up.",
    });
    nowMs = firstAtMs + hourMs;
    await promoteSchedules(gateway());
    expect(await stored()).toMatchObject({ lastProblem: null, lastAtMs: nowMs });
    expect(outcomes).toEqual(["refused", "made"]);
  });

  test("is tried again when the reason passes by itself", async () => {
    await schedule();
    await promoteSchedules(gateway(new TokenHubError("overloaded", "Not now.")));
    expect(await stored()).toMatchObject({
      entry: { nextAtMs: firstAtMs },
      lastProblem: "overloaded: Not now.",
    });
    nowMs += 1_000;
    await promoteSchedules(gateway());
    expect(await listed()).toHaveLength(1);
    expect(await stored()).toMatchObject({ lastAtMs: firstAtMs, lastProblem: null });
  });

  test("because its key is gone says so, and a schedule that is broken holds up no other", async () => {
    await schedule({ id: "sch_0", cron: "broken", nextAtMs: firstAtMs - 1 });
    await schedule({ keyId: "key_gone" });
    await promoteSchedules(gateway());
    expect((await stored()).lastProblem).toContain("api_key_disabled");
    expect(errors).toMatchObject([{ code: "invalid_request", param: "cron" }]);
  });
});
