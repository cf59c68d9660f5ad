import { describe, expect, test } from "vitest";
import { describeDatabases } from "../testing/describe-databases.ts";
import type { JobSchedule } from "./job-schedule.ts";
import { createScheduleRepository } from "./schedule-repository.ts";

const nowMs = 1_795_000_000_000;

function buildSchedule(number: number, schedule: Partial<JobSchedule> = {}): JobSchedule {
  return {
    id: `sch_${number}`,
    tenantId: "tenant-a",
    projectId: "prj_search",
    keyId: "key_one",
    name: `nightly ${number}`,
    cron: "0 6 * * *",
    timeZone: "Europe/Berlin",
    templateJson: '{"endpoint":"/v1/chat"}',
    deadlineSeconds: null,
    enabled: true,
    nextAtMs: nowMs + number,
    ...schedule,
  };
}

describeDatabases(({ openMigrated }) => {
  describe("schedules", () => {
    test("are kept as they were written, and listed by name, tenant and standing", async () => {
      const schedules = createScheduleRepository((await openMigrated()).db);
      const one = buildSchedule(1, { deadlineSeconds: 60 });
      const created = await schedules.create(one, { nowMs });
      expect(created).toMatchObject({ kind: "created", stored: { entry: one, version: 1, lastAtMs: null } });
      expect(await schedules.create(buildSchedule(1, { name: "x" }), { nowMs })).toMatchObject({
        kind: "exists",
      });
      await schedules.create(
        buildSchedule(2, {
          tenantId: "tenant-b",
          projectId: null,
          keyId: null,
          enabled: false,
          nextAtMs: null,
        }),
        { nowMs },
      );
      const idsOf = async (filters: { tenantId?: string; enabled?: boolean; text?: string }) =>
        (await schedules.page({ filters, limit: 10 })).items.map(({ entry }) => entry.id);
      expect(await idsOf({})).toEqual(["sch_1", "sch_2"]);
      expect(await idsOf({ tenantId: "tenant-b" })).toEqual(["sch_2"]);
      expect(await idsOf({ enabled: true })).toEqual(["sch_1"]);
      expect(await idsOf({ text: "NIGHTLY 2" })).toEqual(["sch_2"]);
    });

    test("are changed only by who has seen their version, and never change hands", async () => {
      const schedules = createScheduleRepository((await openMigrated()).db);
      await schedules.create(buildSchedule(1), { nowMs });
      const rename = (current: JobSchedule) => ({
        ...current,
        name: "weekly",
        tenantId: "thief",
        keyId: null,
      });
      expect(await schedules.update("sch_1", rename, { nowMs, expectedVersion: 7 })).toMatchObject({
        kind: "version_mismatch",
      });
      expect(await schedules.update("sch_1", rename, { nowMs, expectedVersion: 1 })).toMatchObject({
        kind: "updated",
        stored: { version: 2, entry: { name: "weekly", tenantId: "tenant-a", keyId: "key_one" } },
      });
      expect(await schedules.remove("sch_1", { expectedVersion: 1 })).toMatchObject({
        kind: "version_mismatch",
      });
      expect(await schedules.remove("sch_1", { expectedVersion: 2 })).toMatchObject({ kind: "removed" });
      expect(await schedules.get("sch_1")).toBeNull();
    });

    test("are due from their time on, the earliest first, and never while disabled", async () => {
      const schedules = createScheduleRepository((await openMigrated()).db);
      for (const number of [3, 1, 2]) await schedules.create(buildSchedule(number), { nowMs });
      await schedules.create(buildSchedule(0, { enabled: false, nextAtMs: null }), { nowMs });
      const dueAt = async (timeMs: number, limit = 10) =>
        (await schedules.due(timeMs, limit)).map(({ entry }) => entry.id);
      expect(await dueAt(nowMs)).toEqual([]);
      expect(await dueAt(nowMs + 2)).toEqual(["sch_1", "sch_2"]);
      expect(await dueAt(nowMs + 9, 2)).toEqual(["sch_1", "sch_2"]);
    });

    test("are moved on by one of those who try at once, without a new version", async () => {
      const schedules = createScheduleRepository((await openMigrated()).db);
      await schedules.create(buildSchedule(1), { nowMs });
      const occurrence = { id: "sch_1", atMs: nowMs + 1 };
      const next = { nextAtMs: nowMs + 100, outcome: { jobId: "job_1" } };
      const tried = await Promise.all([1, 2, 3].map(() => schedules.advance(occurrence, next)));
      expect(tried.filter(Boolean)).toHaveLength(1);
      expect(await schedules.get("sch_1")).toMatchObject({
        entry: { nextAtMs: nowMs + 100 },
        version: 1,
        lastAtMs: nowMs + 1,
        lastJobId: "job_1",
        lastProblem: null,
      });
      const refused = { nextAtMs: nowMs + 200, outcome: { problem: "budget_exceeded: \0no money" } };
      expect(await schedules.advance({ id: "sch_1", atMs: nowMs + 100 }, refused)).toBe(true);
      expect(await schedules.get("sch_1")).toMatchObject({
        lastJobId: "job_1",
        lastProblem: expect.stringContaining("no money") as string,
      });
    });

    test("whose times an administrator changes meanwhile keep the new ones", async () => {
      const schedules = createScheduleRepository((await openMigrated()).db);
      await schedules.create(buildSchedule(1), { nowMs });
      const moved = (current: JobSchedule) => ({ ...current, cron: "0 7 * * *", nextAtMs: nowMs + 500 });
      await schedules.update("sch_1", moved, { nowMs });
      const late = { nextAtMs: nowMs + 100, outcome: { jobId: "job_1" } };
      expect(await schedules.advance({ id: "sch_1", atMs: nowMs + 1 }, late)).toBe(false);
      expect((await schedules.get("sch_1"))?.entry.nextAtMs).toBe(nowMs + 500);
      await schedules.noteProblem({ id: "sch_1", atMs: nowMs + 1 }, "too late");
      expect((await schedules.get("sch_1"))?.lastProblem).toBeNull();
    });
  });
});
