import {
  createSeriesRepository,
  recordFinished,
  type Database,
  type RetentionReport,
} from "@tokenhub/persistence";
import { until } from "@tokenhub/testkit";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { buildFact } from "../recorder/build-fact.fixture.ts";
import { openTestDatabase } from "./database.fixture.ts";
import { saveSeriesDays } from "./series-days.ts";
import { startUpkeep, type UpkeepOptions } from "./upkeep.ts";

const dayMs = 86_400_000;
const fact = buildFact(1);
const recordedAtMs = fact.finishedAtMs;

let database: Database;
let nowMs: number;
beforeEach(async () => {
  database = await openTestDatabase();
  nowMs = recordedAtMs;
  await recordFinished(database.db, {
    facts: [fact],
    eventsOf: () => [{ timestampMs: recordedAtMs, type: "route_success", data: {} }],
    nowMs,
  });
});

function start(options: Partial<UpkeepOptions> = {}) {
  const reports: RetentionReport[] = [];
  const errors: unknown[] = [];
  const upkeep = startUpkeep({
    db: database.db,
    retention: () => ({ requestDays: 30, auditDays: 90, rewardDays: 90, eventDays: 7 }),
    keptAnswerBytes: 1_000_000,
    isLeader: () => true,
    now: () => nowMs,
    onCleaned: (report) => void reports.push(report),
    onError: (error) => void errors.push(error),
    ...options,
  });
  onTestFinished(() => upkeep[Symbol.asyncDispose]());
  return { upkeep, reports, errors };
}

async function counts() {
  const { db } = database;
  const count = async (table: "request_log" | "events" | "series_points"): Promise<number> =>
    (await db.selectFrom(table).selectAll().execute()).length;
  return { requests: await count("request_log"), events: await count("events") };
}

describe("the upkeep", () => {
  test("deletes what is past the days that the configuration says, and nothing before", async () => {
    const { upkeep } = start();
    nowMs = recordedAtMs + 6 * dayMs;
    await upkeep.run();
    expect(await counts()).toEqual({ requests: 1, events: 1 });
    nowMs = recordedAtMs + 8 * dayMs;
    await upkeep.run();
    expect(await counts()).toEqual({ requests: 1, events: 0 });
    nowMs = recordedAtMs + 31 * dayMs;
    await upkeep.run();
    expect(await counts()).toEqual({ requests: 0, events: 0 });
  });

  test("S1-33: keeps the finest points as long as an administrator has set, and hours after them", async () => {
    const { upkeep } = start();
    await saveSeriesDays(database.db, { days: 2, nowMs });
    nowMs = recordedAtMs + 4 * dayMs;
    expect(await upkeep.pruneSeries()).toBeGreaterThan(0);
    expect(await upkeep.pruneSeries()).toBe(0);
    const [series] = await createSeriesRepository(database.db).query({
      metric: "latency",
      fromMs: 0,
      toMs: nowMs,
      stepMs: 3_600_000,
    });
    expect(series?.points).toEqual([expect.objectContaining({ count: 1, sum: 500 })]);
  });

  test("runs by itself on the gateway that leads, and on no other", async () => {
    nowMs = recordedAtMs + 31 * dayMs;
    const idle = start({ isLeader: () => false, downsampleIntervalMs: 5 });
    const leader = start({ downsampleIntervalMs: 5 });
    await until("the report", () => leader.reports.length === 1);
    expect(leader.reports[0]).toMatchObject({ requestLog: 1 });
    expect([idle.reports, idle.errors, leader.errors]).toEqual([[], [], []]);
  });

  test("reports a failure and tries again", async () => {
    const { errors, reports } = start({
      downsampleIntervalMs: 5,
      now: () => {
        throw new Error("no clock");
      },
    });
    await until("two failures", () => errors.length >= 2);
    expect(reports).toEqual([]);
  });
});
