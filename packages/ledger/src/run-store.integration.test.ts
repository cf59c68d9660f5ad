import {
  createKeyspace,
  decodeReplyMessage,
  routingPolicySchema,
  runChangedFactSchema,
  TokenHubError,
  type ReplyMessage,
  type RunChangedFact,
  type RunEvent,
  type RunInput,
  type RunState,
} from "@tokenhub/contracts";
import { startTestRedis, uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createRunStore, type RunSave } from "./run-store.ts";

const redis = new Redis(inject("redisUrl"));
const subscriber = new Redis(inject("redisUrl"));
afterAll(() => {
  redis.disconnect();
  subscriber.disconnect();
});

const runId = "run_0123456789abcdef";
const anyModel = { modelId: null, allowFallback: true, minWeight: null };

function inputOf(id = runId): RunInput {
  return {
    v: 1,
    runId: id,
    requestId: "req_0123456789abcdef",
    tenantId: "tenant",
    projectId: null,
    keyId: null,
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: 1,
    deadlineAtMs: 4_000_000_000_000,
    callTimeoutMs: 60_000,
    replyTo: null,
    settings: {
      mode: "planning",
      modeVersion: 1,
      rounds: 0,
      voters: 0,
      planOnly: false,
      refines: false,
      stopsWhenAccepted: false,
      primary: anyModel,
      review: anyModel,
      options: {},
    },
    templates: { planner: "Plan.\n\n{{task}}" },
    bodyText: '{"messages":[{"role":"user","content":"a secret plan"}]}',
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: null,
      estimatedInputTokens: 1,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: null,
      policy: routingPolicySchema.parse({}),
    },
    maxCostUsd: null,
    worstCaseCostUsd: null,
    streamsCalls: false,
  };
}

const stateOf = (attempt = 1): RunState => ({
  v: 1,
  attempt,
  calls: [],
  pastCalls: [],
  outcome: null,
  finishedAtMs: null,
});
const factOf = (input = inputOf(), state = stateOf()): RunChangedFact => ({
  v: 1,
  type: "run-changed",
  eventId: `evt_${input.runId}_1`,
  occurredAtMs: 1,
  input,
  state,
});
const eventOf = (atMs: number): RunEvent => ({ type: "decision", atMs, decision: { note: "line\nbreak" } });

function setup({ client = redis, settledTtlMs = 5_000 } = {}) {
  const keyspace = createKeyspace(uniquePrefix());
  const store = createRunStore(client, keyspace, { settledTtlMs });
  const create = (id = runId, dueAtMs = 1_000) =>
    store.create({
      input: inputOf(id),
      state: stateOf(),
      fact: factOf(inputOf(id)),
      dueAtMs,
      ttlMs: 60_000,
    });
  const save = (expectedVersion: number, changes: Partial<RunSave> = {}) =>
    store.save({
      runId,
      expectedVersion,
      state: stateOf(),
      events: [],
      dueAtMs: null,
      ttlMs: 60_000,
      ...changes,
    });
  const facts = async () =>
    (await client.xrange(keyspace.facts, "-", "+")).map(([, [name, json]]) => {
      expect(name).toBe("fact");
      return runChangedFactSchema.parse(JSON.parse(json ?? ""));
    });
  const dueOf = async (id = runId) => {
    const score = await client.zscore(keyspace.runsDue, id);
    return score === null ? null : Number(score);
  };
  return { keyspace, store, create, save, facts, dueOf };
}

describe("creating a run", () => {
  it("keeps input and state, makes it due and tells the books in one step", async () => {
    const { store, create, facts, dueOf, keyspace } = setup();
    expect(await create()).toBe(true);
    expect(await store.load(runId, { withInput: true })).toEqual({
      version: 1,
      state: stateOf(),
      input: inputOf(),
      announced: false,
    });
    expect((await store.load(runId, { withInput: false }))?.input).toBeNull();
    expect(await dueOf()).toBe(1_000);
    expect(await facts()).toEqual([factOf()]);
    expect(await redis.pttl(keyspace.run(runId))).toBeGreaterThan(50_000);
  });

  it("twice changes nothing the second time, however far the run is", async () => {
    const { store, create, save, facts, dueOf } = setup();
    await create();
    await save(1, { state: stateOf(2), events: [eventOf(1)], dueAtMs: 7_000 });
    expect(await create(runId, 5)).toBe(false);
    expect(await store.load(runId, { withInput: false })).toMatchObject({ version: 2, state: stateOf(2) });
    expect(await dueOf()).toBe(7_000);
    expect(await facts()).toHaveLength(1);
    expect(await store.readEvents(runId, 0, 10)).toHaveLength(1);
  });

  it("by many at once succeeds once", async () => {
    const { create, facts } = setup();
    const created = await Promise.all(Array.from({ length: 20 }, () => create()));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await facts()).toHaveLength(1);
  });

  it("of an id whose earlier run has expired begins with event 1 again", async () => {
    const { store, create, save, keyspace } = setup();
    await create();
    await save(1, { events: [eventOf(1), eventOf(2)] });
    await redis.del(keyspace.run(runId));
    expect(await create()).toBe(true);
    await save(1, { events: [eventOf(3)] });
    expect(await store.readEvents(runId, 0, 10)).toEqual([{ number: 1, event: eventOf(3) }]);
  });
});

describe("saving a run", () => {
  it("by 20 at the same time loses no change, and numbers the events without a gap or a double", async () => {
    const { store, create, save } = setup();
    await create();
    let conflicts = 0;
    /** What an orchestrator does: load, work out the next state, save, and begin again when somebody else was first. */
    async function raise(writer: number): Promise<void> {
      for (;;) {
        const run = await store.load(runId, { withInput: false });
        if (run === null) throw new Error("the run is gone");
        const next = stateOf(run.state.attempt + 1);
        const events = [eventOf(writer), eventOf(writer + 0.5)];
        const outcome = await save(run.version, { state: next, events });
        if (outcome.kind === "saved") return;
        conflicts += 1;
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, writer) => raise(writer)));
    expect(conflicts).toBeGreaterThan(0);
    expect(await store.load(runId, { withInput: false })).toMatchObject({ version: 21, state: stateOf(21) });
    const events = await store.readEvents(runId, 0, 100);
    expect(events.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    const writers = events.map(({ event }) => event.atMs);
    expect(new Set(writers).size).toBe(40);
    // The two events of one save stand together.
    for (let at = 0; at < 40; at += 2) expect(writers[at + 1]).toBe((writers[at] ?? 0) + 0.5);
  });

  it("with a version that is not the stored one changes nothing at all", async () => {
    const { store, create, save, facts, dueOf } = setup();
    await create();
    expect(await save(1)).toEqual({ kind: "saved", version: 2 });
    const late = { state: stateOf(9), events: [eventOf(1)], dueAtMs: 3, factJson: JSON.stringify(factOf()) };
    expect(await save(1, late)).toEqual({ kind: "conflict" });
    expect(await save(3, late)).toEqual({ kind: "conflict" });
    expect(await store.load(runId, { withInput: false })).toMatchObject({ version: 2, state: stateOf() });
    expect([await dueOf(), (await facts()).length, await store.readEvents(runId, 0, 9)]).toEqual([
      null,
      1,
      [],
    ]);
  });

  it("never touches the input", async () => {
    const { store, create, save, keyspace } = setup();
    await create();
    const before = await redis.hget(keyspace.run(runId), "input");
    await save(1, { state: stateOf(2) });
    expect(await redis.hget(keyspace.run(runId), "input")).toBe(before);
    expect((await store.load(runId, { withInput: true }))?.input).toEqual(inputOf());
  });

  it("tells of a run that is gone, and leaves nothing of it behind", async () => {
    const { create, save, keyspace, dueOf } = setup();
    expect(await save(1, { events: [eventOf(1)], dueAtMs: 5 })).toEqual({ kind: "gone" });
    await create();
    await redis.del(keyspace.run(runId));
    expect(await save(1, { events: [eventOf(1)], dueAtMs: 5 })).toEqual({ kind: "gone" });
    expect(await dueOf()).toBeNull();
    expect(await redis.exists(keyspace.run(runId), keyspace.runLog(runId))).toBe(0);
  });

  it("writes the fact only when there is one", async () => {
    const { create, save, facts } = setup();
    await create();
    await save(1);
    expect(await facts()).toHaveLength(1);
    const fact = { ...factOf(inputOf(), stateOf(3)), eventId: "evt_end" };
    await save(2, { factJson: JSON.stringify(fact) });
    expect((await facts()).at(-1)).toEqual(fact);
  });

  it("renews the life of the run and of its events together", async () => {
    const { create, save, keyspace } = setup();
    await create();
    await save(1, { events: [eventOf(1)], ttlMs: 10_000 });
    await save(2, { ttlMs: 90_000 });
    const [run, log] = await Promise.all([
      redis.pttl(keyspace.run(runId)),
      redis.pttl(keyspace.runLog(runId)),
    ]);
    expect(Math.min(run, log)).toBeGreaterThan(80_000);
    expect(Math.abs(run - log)).toBeLessThan(50);
  });
});

describe("the events of a run", () => {
  it("are published to its followers after they are kept, in order", async () => {
    const { create, save, keyspace, store } = setup();
    const channel = keyspace.replyChannel(runId);
    const heard: ReplyMessage[] = [];
    subscriber.on("message", (from, message) => {
      const decoded = from === channel ? decodeReplyMessage(message) : null;
      if (decoded !== null) heard.push(decoded);
    });
    await subscriber.subscribe(channel);
    await create();
    await save(1, { events: [eventOf(1)] });
    await save(2, { events: [eventOf(2), eventOf(3)] });
    await until("three announcements", () => heard.length === 3);
    expect(heard).toEqual(
      [1, 2, 3].map((number) => ({
        kind: "event",
        runId,
        number,
        eventJson: JSON.stringify(eventOf(number)),
      })),
    );
    expect(await store.readEvents(runId, 0, 10)).toHaveLength(3);
  });

  it("can be read on from any number, some at a time", async () => {
    const { create, save, store } = setup();
    await create();
    await save(1, { events: Array.from({ length: 12 }, (_, index) => eventOf(index + 1)) });
    const numbers = async (after: number, limit: number) =>
      (await store.readEvents(runId, after, limit)).map(({ number, event }) => {
        expect(event).toEqual(eventOf(number));
        return number;
      });
    expect(await numbers(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(await numbers(5, 100)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect(await numbers(11, 100)).toEqual([12]);
    expect(await numbers(12, 100)).toEqual([]);
    expect(await store.readEvents("run_unknown000000000", 0, 9)).toEqual([]);
  });
});

describe("runs that are due", () => {
  const due = (store: ReturnType<typeof setup>["store"], nowMs: number, limit = 10) =>
    store.takeDue({ nowMs, limit, nextDueMs: nowMs + 5_000 });

  it("are handed out once, the longest due first, and come back when nobody has saved them", async () => {
    const { store, create } = setup();
    await create("run_aaaaaaaaaaaaaaaa", 300);
    await create("run_bbbbbbbbbbbbbbbb", 100);
    await create("run_cccccccccccccccc", 900);
    expect(await due(store, 99)).toEqual([]);
    expect(await due(store, 500)).toEqual(["run_bbbbbbbbbbbbbbbb", "run_aaaaaaaaaaaaaaaa"]);
    expect(await due(store, 500)).toEqual([]);
    expect(await due(store, 5_500, 1)).toEqual(["run_cccccccccccccccc"]);
    expect((await due(store, 5_500)).toSorted()).toEqual(["run_aaaaaaaaaaaaaaaa", "run_bbbbbbbbbbbbbbbb"]);
  });

  it("are shared out among many who ask at once, none twice", async () => {
    const { store, create } = setup();
    const ids = Array.from({ length: 100 }, (_, index) => `run_${String(index).padStart(16, "0")}`);
    await Promise.all(ids.map((id, index) => create(id, index)));
    const taken = await Promise.all(Array.from({ length: 20 }, () => due(store, 1_000, 7)));
    expect(taken.flat().toSorted()).toEqual(ids);
  });

  it("follow what the last save said: later, or never", async () => {
    const { store, create, save, dueOf } = setup();
    await create(runId, 100);
    await due(store, 200);
    expect(await dueOf()).toBe(5_200);
    await save(1, { dueAtMs: 700 });
    expect(await dueOf()).toBe(700);
    await save(2, { dueAtMs: null });
    expect(await due(store, 1_000_000)).toEqual([]);
  });

  it("must be put off to a later time", async () => {
    const { store } = setup();
    await expect(store.takeDue({ nowMs: 1_000, limit: 1, nextDueMs: 1_000 })).rejects.toThrow(RangeError);
  });
});

describe("settling a run", () => {
  it("marks its end as announced, takes it off and keeps it for a while", async () => {
    const { store, create, save, keyspace, dueOf } = setup();
    await create();
    await save(1, { events: [eventOf(1)], dueAtMs: 50 });
    expect(await store.settle(runId, { version: 2 })).toBe(true);
    expect((await store.load(runId, { withInput: false }))?.announced).toBe(true);
    expect(await dueOf()).toBeNull();
    for (const key of [keyspace.run(runId), keyspace.runLog(runId)])
      expect(await redis.pttl(key)).toBeLessThanOrEqual(5_000);
    expect(await store.settle(runId, { version: 2 })).toBe(true);
  });

  it("does not put a run to rest that was taken up again meanwhile", async () => {
    const { store, create, save, dueOf, keyspace } = setup();
    await create();
    await save(1, { dueAtMs: 50 });
    await save(2, { state: stateOf(2), dueAtMs: 60 });
    expect(await store.settle(runId, { version: 2 })).toBe(false);
    expect(await dueOf()).toBe(60);
    expect(await redis.pttl(keyspace.run(runId))).toBeGreaterThan(50_000);
  });

  it("is undone by the save of a retry, whose end must be announced anew", async () => {
    const { store, create, save, dueOf } = setup();
    await create();
    await store.settle(runId, { version: 1 });
    expect(await save(1, { state: stateOf(2), dueAtMs: 80 })).toEqual({ kind: "saved", version: 2 });
    expect((await store.load(runId, { withInput: false }))?.announced).toBe(false);
    expect(await dueOf()).toBe(80);
  });

  it("of a run that is gone takes it off and creates nothing", async () => {
    const { store, create, keyspace, dueOf } = setup();
    await create();
    await redis.del(keyspace.run(runId));
    expect(await store.load(runId, { withInput: true })).toBeNull();
    expect(await store.settle(runId, { version: 0 })).toBe(true);
    expect(await dueOf()).toBeNull();
    expect(await redis.exists(keyspace.run(runId))).toBe(0);
  });
});

describe("what this release cannot read", () => {
  it.each([
    ["state", { state: '{"v":2,"private":"a secret plan"}' }],
    ["state", { state: '{"v":1,"private":"a secret plan' }],
    ["input", { input: '{"v":1,"bodyText":"a secret plan"}' }],
  ])("is an error that names the run, not its %s", async (what, fields) => {
    const { store, create, keyspace } = setup();
    await create();
    await redis.hset(keyspace.run(runId), fields);
    const error = await store.load(runId, { withInput: true }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TokenHubError);
    expect(error).toMatchObject({ code: "internal_error" });
    const { message, cause } = error as TokenHubError;
    expect(message).toContain(runId);
    expect(message).toContain(what);
    expect(message).not.toContain("secret");
    expect(cause).toBeUndefined();
  });
});

it("goes on after Redis has forgotten its scripts", { timeout: 20_000 }, async () => {
  await using server = await startTestRedis();
  const client = new Redis(server.url);
  const { store, create, save } = setup({ client });
  await create();
  await client.script("FLUSH");
  expect(await save(1, { events: [eventOf(1)], dueAtMs: 10 })).toEqual({ kind: "saved", version: 2 });
  await client.script("FLUSH");
  expect(await store.takeDue({ nowMs: 10, limit: 1, nextDueMs: 20 })).toEqual([runId]);
  await client.script("FLUSH");
  expect(await store.settle(runId, { version: 2 })).toBe(true);
  await client.script("FLUSH");
  expect(await create()).toBe(false);
  client.disconnect();
});
