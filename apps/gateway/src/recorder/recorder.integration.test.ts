import { createKeyspace, type Fact, type Keyspace } from "@tokenhub/contracts";
import { openDatabase, type Database } from "@tokenhub/persistence";
import { buildRunFact, runIdOf, runOutcomes } from "@tokenhub/persistence/testing";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { createArmLearning } from "../bandit/arm-learning.ts";
import { eventsOfFact } from "../insight/events-of-fact.ts";
import { createKeyNames } from "../insight/key-names.ts";
import { readTallies } from "../insight/provider-tallies.ts";
import { buildAttempt, buildFact, buildFailure, buildIncident, requestIdOf } from "./build-fact.fixture.ts";
import { createFactStore } from "./fact-store.ts";
import { startRecorder, type FactStore, type RecorderOptions, type SetAside } from "./recorder.ts";

let keyspace: Keyspace;
let redis: Redis;
let database: Database;
let store: FactStore;

beforeEach(async () => {
  keyspace = createKeyspace(uniquePrefix());
  redis = new Redis(inject("redisUrl"));
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-recorder-"));
  database = await openDatabase({ kind: "sqlite", path: join(folder, "hub.db") });
  await database.migrate();
  onTestFinished(async () => {
    redis.disconnect();
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  store = createFactStore({
    db: database.db,
    learning: createArmLearning(),
    propensityOf: () => 1,
    keyNames: createKeyNames(database.db),
    eventsOf: eventsOfFact,
    onCommitted: () => undefined,
    now: Date.now,
  });
});

async function append(...facts: readonly Fact[]): Promise<void> {
  for (const fact of facts) {
    const { result, ...rest } = fact.type === "request-finished" ? fact : { ...fact, result: undefined };
    const fields = result === undefined ? [] : ["result", JSON.stringify(result)];
    await redis.xadd(keyspace.facts, "*", "fact", JSON.stringify(rest), ...fields);
  }
}

/** A recorder that ends with the test unless it is disposed before; `notes` is what it told. */
async function start(options: Partial<RecorderOptions> = {}) {
  const connection = new Redis(inject("redisUrl"));
  const notes: { rows: number; setAside: SetAside[]; errors: Error[] } = {
    rows: 0,
    setAside: [],
    errors: [],
  };
  const recorder = await startRecorder({
    redis: connection,
    keyspace,
    store,
    consumerName: uniquePrefix(),
    retryMs: 10,
    onRecorded: (rows) => void (notes.rows += rows),
    onSetAside: (facts) => void notes.setAside.push(facts),
    onError: (error) => void notes.errors.push(error),
    ...options,
  });
  const stop = async (): Promise<void> => {
    await recorder[Symbol.asyncDispose]();
    connection.disconnect();
  };
  onTestFinished(stop);
  return { notes, stop };
}

const allRecorded = () =>
  until("the stream to be empty", async () => (await redis.xlen(keyspace.facts)) === 0);

/** Every row of every table that facts lead to. */
async function everything(): Promise<Record<string, unknown>> {
  const tables = [
    "request_log",
    "call_incidents",
    "reward_log",
    "bandit_arms",
    "spend",
    "series_points",
    "events",
    "runs",
  ] as const;
  const rows: Record<string, unknown> = {};
  for (const table of tables) rows[table] = await database.db.selectFrom(table).selectAll().execute();
  rows["tallies"] = Object.fromEntries(await readTallies(database.db));
  return rows;
}

const failedOver = buildFact(2, {
  result: {
    attempts: [
      buildAttempt({ modelId: "claude", providerId: "anthropic", failure: buildFailure() }),
      buildAttempt({ round: 1 }),
    ],
  },
});

describe("a batch of facts", () => {
  test("S2-40, S2-41, S1-23, S1-24: becomes request log, spend, rewards, arms, series, events and tallies together", async () => {
    await append(buildFact(1), failedOver, buildIncident(2));
    const { notes } = await start();
    await allRecorded();
    expect(notes).toEqual({ rows: 3, setAside: [], errors: [] });
    const rows = (await everything()) as Record<string, Record<string, unknown>[]>;
    expect(rows["request_log"]).toHaveLength(2);
    expect(rows["call_incidents"]).toHaveLength(1);
    expect(rows["spend"]).toContainEqual(
      expect.objectContaining({ scope_kind: "key", cost_nano_usd: 2_000_000, request_count: 2 }),
    );
    expect(rows["reward_log"]?.map((row) => [row["model_id"], row["reward"], row["propensity"]])).toEqual([
      ["gpt", expect.any(Number), 1],
      ["claude", 0, 1],
      ["gpt", expect.any(Number), null],
    ]);
    expect(rows["bandit_arms"]?.map((row) => row["model_id"]).toSorted()).toEqual(["claude", "gpt"]);
    expect(rows["events"]?.map((row) => row["type"])).toEqual([
      "route_success",
      "escalation",
      "route_success",
    ]);
    expect(rows["tallies"]).toMatchObject({
      openai: { calls: 2, errors: 0, lastError: null },
      anthropic: { calls: 1, errors: 1, lastError: { class: "transient", providerStatus: 500 } },
    });
    const metrics = new Set(rows["series_points"]?.map((row) => row["metric"]));
    expect(metrics).toEqual(new Set(["latency", "cost", "tokens", "call_latency", "call_errors"]));
  });

  test("S3-66: written and then, because its recorder died before it could acknowledge, written again changes nothing", async () => {
    await append(buildFact(1), failedOver, buildIncident(2));
    const dying = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const first = await start({
      store: {
        async record(batch) {
          const recorded = await store.record(batch);
          written.resolve();
          await dying.promise;
          throw new Error(`died after ${recorded.rows} rows`);
        },
      },
    });
    await written.promise;
    const before = await everything();
    expect(await redis.xlen(keyspace.facts)).toBe(3);
    const second = await start({ takeOverIdleMs: 50 });
    await allRecorded();
    expect(await everything()).toEqual(before);
    expect(second.notes).toEqual({ rows: 0, setAside: [], errors: [] });
    dying.resolve();
    await first.stop();
  });

  test("holds what became of runs: written with the calls, in any order and again, the newest stays", async () => {
    const begun = buildRunFact(7);
    const ended = buildRunFact(7, { state: { outcome: runOutcomes.succeeded, finishedAtMs: Date.now() } });
    await append(ended, begun, buildFact(1, { runId: runIdOf(7) }), begun, buildRunFact(8));
    const { notes } = await start();
    await allRecorded();
    expect(notes).toEqual({ rows: 3, setAside: [], errors: [] });
    await append(begun, ended);
    await allRecorded();
    const rows = (await everything()) as Record<string, Record<string, unknown>[]>;
    expect(rows["runs"]?.map((row) => [row["id"], row["status"]])).toEqual([
      [runIdOf(7), "succeeded"],
      [runIdOf(8), "running"],
    ]);
    expect(rows["request_log"]).toMatchObject([{ run_id: runIdOf(7), orchestration_mode: "adversarial" }]);
    expect(notes.rows).toBe(3);
  });

  test("facts of a recorder that died are taken over after the time that it may be silent, not before", async () => {
    const end = Promise.withResolvers<never>();
    await start({ store: { record: () => end.promise } });
    await append(buildFact(1));
    await until("the fact to be read", async () => {
      const pending = (await redis.xpending(keyspace.facts, "recorder")) as [number];
      return pending[0] === 1;
    });
    const readAt = performance.now();
    await start({ takeOverIdleMs: 500 });
    await allRecorded();
    const tookMs = performance.now() - readAt;
    expect(tookMs).toBeGreaterThan(450);
    // The idle time, a fifth of it until the next look, and a second that a read may block.
    expect(tookMs).toBeLessThan(3_000);
    end.reject(new Error("died"));
  });
});

describe("a fact that cannot become a row", () => {
  test("of an unknown version is set aside and counted, and holds nobody up", async () => {
    const { result, ...fact } = buildFact(1);
    await redis.xadd(
      keyspace.facts,
      "*",
      "fact",
      JSON.stringify({ ...fact, v: 9 }),
      "result",
      JSON.stringify(result),
    );
    await append(buildFact(2));
    const { notes } = await start();
    await allRecorded();
    expect(notes.rows).toBe(1);
    expect(notes.setAside).toEqual([
      { count: 1, reasons: ['request-finished of version 9 does not fit this release at "v"'] },
    ]);
    expect(await redis.xlen(`${keyspace.facts}:set-aside`)).toBe(1);
  });

  test("is tried again by the next start, which may be of a release that can read it", async () => {
    const { result, ...fact } = buildFact(1);
    const aside = `${keyspace.facts}:set-aside`;
    await redis.xadd(aside, "*", "fact", "{", "result", "{}");
    await redis.xadd(aside, "*", "fact", JSON.stringify(fact), "result", JSON.stringify(result));
    const { notes } = await start();
    await until("the row", () => notes.rows === 1);
    await until("the other to be all that is left", async () => (await redis.xlen(aside)) === 1);
    expect(notes).toEqual({ rows: 1, setAside: [], errors: [] });
  });

  test("because the database refuses it alone is found among the others, which are written", async () => {
    const refusing: FactStore = {
      record: (batch) =>
        batch.finished.some(({ result }) => result.requestId === requestIdOf(2))
          ? Promise.reject(new Error("constraint"))
          : store.record(batch),
    };
    await append(buildFact(1), buildFact(2), buildFact(3));
    const { notes } = await start({ store: refusing });
    await until("the refusal to be told", () => notes.setAside.length > 0);
    await allRecorded();
    expect(notes.rows).toBe(2);
    expect(notes.errors).toHaveLength(3);
    expect(notes.setAside).toEqual([
      { count: 1, reasons: ["the database refuses it while it takes others"] },
    ]);
  });

  test("S3-66: while the database refuses everything nothing is set aside, and nothing is lost when it comes back", async () => {
    let isBack = false;
    const { notes } = await start({
      store: { record: (batch) => (isBack ? store.record(batch) : Promise.reject(new Error("locked"))) },
    });
    await append(buildFact(1));
    await until("some failures", () => notes.errors.length > 6);
    await append(buildFact(2));
    isBack = true;
    await allRecorded();
    expect(notes.setAside).toEqual([]);
    expect(notes.rows).toBe(2);
  });
});

test("a recorder that stops leaves no consumer behind, unless it still holds facts", async () => {
  const idle = await start({ consumerName: "idle" });
  await append(buildFact(1));
  await allRecorded();
  await idle.stop();
  const consumers = (await redis.xinfo("CONSUMERS", keyspace.facts, "recorder")) as unknown[];
  expect(consumers).toEqual([]);
});

test("a Redis that lost the stream and its group gets them again", async () => {
  const { notes } = await start();
  await append(buildFact(1));
  await allRecorded();
  await redis.del(keyspace.facts);
  await append(buildFact(2));
  await until("the second row", () => notes.rows === 2);
  expect(notes.setAside).toEqual([]);
});
