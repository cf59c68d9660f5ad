import {
  createKeyspace,
  decodeStoredResult,
  requestResultSchema,
  type RequestResult,
  type RouteJob,
  type RunInput,
  type RunState,
} from "@tokenhub/contracts";
import { callRequestId, createCallLedger, createRunStore } from "@tokenhub/ledger";
import { modeRegistry, newRunState } from "@tokenhub/orchestration";
import { cancelRequest, createBlockingConnection } from "@tokenhub/queue";
import { createLogger, createMetrics } from "@tokenhub/telemetry";
import { uniquePrefix } from "@tokenhub/testkit";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { createRunEvents } from "../events.ts";
import { callGraceMs } from "../gather-causes.ts";
import type { RunDeps } from "../run-deps.ts";
import { buildRunInput, type RunOptions } from "../testing/build-run-input.ts";
import { createDriveRun } from "./drive-run.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

type Weak = "save" | "load" | "settle" | "addRoute" | "commit" | "cancelCall";

/** The handler over a real Redis; what it sends is kept, and it can be made to die at any of its effects. */
function open() {
  const onError = (): void => undefined;
  const redis = stack.adopt(
    createBlockingConnection({ url: inject("redisUrl"), name: "drive-run-test", onError }),
    (client) => client.disconnect(),
  );
  const keyspace = createKeyspace(uniquePrefix());
  const runs = createRunStore(redis, keyspace);
  const ledger = createCallLedger(redis, keyspace);
  const sent: RouteJob[] = [];
  const dying = new Map<Weak, "before" | "after">();
  const clock = { aheadMs: 0 };
  const weak =
    <Input extends unknown[], Output>(name: Weak, act: (...input: Input) => Promise<Output>) =>
    async (...input: Input): Promise<Output> => {
      const when = dying.get(name);
      dying.delete(name);
      if (when === "before") throw new Error(`killed before ${name}`);
      const output = await act(...input);
      if (when === "after") throw new Error(`killed after ${name}`);
      return output;
    };
  const metrics = createMetrics({ service: "test" });
  const deps: RunDeps = {
    runs: {
      load: weak("load", (...input: Parameters<typeof runs.load>) => runs.load(...input)),
      save: weak("save", (...input: Parameters<typeof runs.save>) => runs.save(...input)),
      settle: weak("settle", (...input: Parameters<typeof runs.settle>) => runs.settle(...input)),
    },
    modes: modeRegistry(),
    ledger: {
      commit: weak("commit", (...input: Parameters<typeof ledger.commit>) => ledger.commit(...input)),
    },
    producer: { addRoute: weak("addRoute", async (job: RouteJob) => void sent.push(job)) },
    redis,
    keyspace,
    cancelCall: weak("cancelCall", (requestId: string) => cancelRequest(redis, keyspace, requestId)),
    events: createRunEvents({
      logger: createLogger({ service: "test", level: "silent" }),
      metrics,
      tracing: { current: () => null },
    }),
    now: () => Date.now() + clock.aheadMs,
    repairAfterMs: 30_000,
  };
  const drive = createDriveRun(deps);

  const look = (runId: string, cause = "start") =>
    drive({ v: 1, runId, cause, traceparent: null }, new AbortController().signal);
  return {
    deps,
    redis,
    keyspace,
    runs,
    sent,
    clock,
    metrics,
    look,
    /** The next call of this effect kills the worker. */
    dieAt: (name: Weak, when: "before" | "after" = "before") => void dying.set(name, when),
    async create(options: RunOptions): Promise<RunInput> {
      const input = buildRunInput(options);
      const state = newRunState();
      const fact = { v: 1, type: "run-changed", eventId: "evt_new", occurredAtMs: 0, input, state } as const;
      await runs.create({ input, state, fact, dueAtMs: Date.now(), ttlMs: 60_000 });
      return input;
    },
    /** What a provider worker does at the end of a call. */
    async end(input: RunInput, callId: string, ending: { text?: string; costUsd?: number } = {}) {
      const requestId = callRequestId(input.runId, callId, 1);
      const { text, costUsd = 0.001 } = ending;
      const result = resultOf(requestId, { isAnswered: text !== undefined, costUsd });
      const choice = { index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" };
      await ledger.commit({
        requestId,
        token: "",
        round: 0,
        providerId: "up",
        frameCount: 0,
        resultJson: JSON.stringify(result),
        body: text === undefined ? "" : JSON.stringify({ choices: [choice] }),
        factJson: "{}",
        incidentJson: "",
        replyTo: null,
        health: { kind: "none" },
      });
      return requestId;
    },
    sentCalls: ({ runId }: RunInput) =>
      sent.map(({ requestId }) => {
        const ids = ["plan.1", "critique.1", "refine.1", "vote.1", "vote.2", "vote.3", "judge.1"];
        return ids.find((callId) => callRequestId(runId, callId, 1) === requestId) ?? requestId;
      }),
    stateOf: async ({ runId }: RunInput): Promise<RunState> => {
      const run = await runs.load(runId, { withInput: false });
      if (run === null) throw new Error("the run is gone");
      return run.state;
    },
    eventsOf: async ({ runId }: RunInput): Promise<string[]> =>
      (await runs.readEvents(runId, 0, 100)).map(({ event }) =>
        "callId" in event ? `${event.type} ${event.callId}` : event.type,
      ),
    resultOf: async ({ requestId }: RunInput): Promise<RequestResult | null> => {
      const text = await redis.get(keyspace.result(requestId));
      return text === null
        ? null
        : requestResultSchema.parse(JSON.parse(decodeStoredResult(text).resultJson));
    },
    facts: async (type: string): Promise<number> =>
      (await redis.xrange(keyspace.facts, "-", "+")).filter(([, fields]) => fields[1]?.includes(`"${type}"`))
        .length,
  };
}

function resultOf(
  requestId: string,
  { isAnswered, costUsd }: { readonly isAnswered: boolean; readonly costUsd: number },
): RequestResult {
  return {
    v: 1,
    requestId,
    outcome: isAnswered ? "succeeded" : "failed",
    wireFormat: isAnswered ? "openai-chat" : null,
    stream: false,
    modelId: "m",
    providerId: "up",
    upstreamModel: null,
    finishReason: isAnswered ? { unified: "stop", raw: "stop" } : null,
    usage: {
      inputTokens: 10,
      outputTokens: 5,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      source: "provider",
    },
    warnings: [],
    failure: isAnswered
      ? null
      : {
          class: "fatal",
          code: "provider_error",
          message: "It failed.",
          providerStatus: 500,
          providerMessage: null,
          providerCode: null,
          retryAfterMs: null,
        },
    attempts: [],
    ambiguousCalls: 0,
    decision: null,
    refusal: null,
    costUsd,
    timeToFirstTokenMs: null,
    durationMs: 5,
  };
}

describe("a worker that dies", () => {
  it("before the step is saved (kill point 11): the ended call is taken in by the next look, and nothing is sent twice", async () => {
    const bench = open();
    const input = await bench.create({ mode: "adversarial" });
    await bench.look(input.runId);
    const cause = await bench.end(input, "plan.1", { text: "The plan." });
    bench.dieAt("save");
    await expect(bench.look(input.runId, cause)).rejects.toThrow("killed");
    expect(bench.sentCalls(input)).toEqual(["plan.1"]);
    await bench.look(input.runId, cause);
    await bench.look(input.runId, cause);
    expect(bench.sentCalls(input)).toEqual(["plan.1", "critique.1"]);
    expect(await bench.eventsOf(input)).toEqual([
      "phase_started plan.1",
      "phase_finished plan.1",
      "phase_started critique.1",
    ]);
  });

  it("after the step is saved and before its reply came: the same", async () => {
    const bench = open();
    const input = await bench.create({ mode: "adversarial" });
    await bench.look(input.runId);
    const cause = await bench.end(input, "plan.1", { text: "The plan." });
    bench.dieAt("save", "after");
    await expect(bench.look(input.runId, cause)).rejects.toThrow("killed");
    await bench.look(input.runId, cause);
    expect(bench.sentCalls(input)).toEqual(["plan.1", "critique.1"]);
    expect(await bench.eventsOf(input)).toHaveLength(3);
  });

  it("between saving and sending (kill point 12): the next look sends the same call with the same body", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning" });
    bench.redis.set = (() => Promise.reject(new Error("killed before the body"))) as never;
    await expect(bench.look(input.runId)).rejects.toThrow("killed");
    Reflect.deleteProperty(bench.redis, "set");
    bench.sent.splice(0);
    await bench.look(input.runId);
    const requestId = callRequestId(input.runId, "plan.1", 1);
    expect(bench.sent).toMatchObject([{ requestId, runId: input.runId, round: 0 }]);
    expect(await bench.redis.get(bench.keyspace.requestBody(requestId))).toContain("How?");
    const [call] = (await bench.stateOf(input)).calls;
    expect(bench.sent[0]).toMatchObject({
      acceptedAtMs: call?.startedAtMs,
      deadlineAtMs: call?.deadlineAtMs,
    });
  });

  it("with the body stored and the job not added: the call is sent when nothing was heard of it for a while", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning" });
    bench.dieAt("addRoute");
    await expect(bench.look(input.runId)).rejects.toThrow("killed");
    await bench.look(input.runId, "due-1");
    expect(bench.sent).toEqual([]);
    bench.clock.aheadMs = 5_000;
    await bench.look(input.runId, "due-2");
    expect(bench.sent).toEqual([]);
    bench.clock.aheadMs = 30_000;
    await bench.look(input.runId, "due-3");
    expect(bench.sentCalls(input)).toEqual(["plan.1"]);
  });

  it.each(["commit", "settle"] as const)(
    "before the %s that announces the end: the next look announces it",
    async (effect) => {
      const bench = open();
      const input = await bench.create({ mode: "planning" });
      await bench.look(input.runId);
      const cause = await bench.end(input, "plan.1", { text: "The plan." });
      bench.dieAt(effect);
      await expect(bench.look(input.runId, cause)).rejects.toThrow("killed");
      expect(await bench.redis.zscore(bench.keyspace.runsDue, input.runId)).not.toBeNull();
      await bench.look(input.runId, "due-1");
      expect(await bench.resultOf(input)).toMatchObject({ outcome: "succeeded" });
      expect(await bench.redis.zcard(bench.keyspace.runsDue)).toBe(0);
      await bench.look(input.runId, "due-2");
      expect(await bench.facts("run-changed")).toBe(2);
      expect(await bench.eventsOf(input)).toEqual(["phase_started plan.1", "phase_finished plan.1", "done"]);
    },
  );

  it("before a cancelled run's calls were stopped: the next look stops them", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning" });
    await bench.look(input.runId);
    await cancelRequest(bench.redis, bench.keyspace, input.requestId);
    bench.dieAt("cancelCall");
    await expect(bench.look(input.runId, "cancel")).rejects.toThrow("killed");
    await bench.look(input.runId, "cancel");
    const flag = bench.keyspace.cancelFlag(callRequestId(input.runId, "plan.1", 1));
    expect(await bench.redis.get(flag)).toBe("1");
    expect(await bench.resultOf(input)).toMatchObject({ outcome: "cancelled" });
  });
});

describe("looks at the same time", () => {
  it("each call is begun once, each event told once, whoever saves first", async () => {
    const bench = open();
    const input = await bench.create({ mode: "vote", settings: { voters: 3 } });
    await Promise.all(Array.from({ length: 8 }, () => bench.look(input.runId)));
    await Promise.all(["vote.1", "vote.2", "vote.3"].map((id) => bench.end(input, id, { text: id })));
    await Promise.all(Array.from({ length: 8 }, (_, index) => bench.look(input.runId, `due-${index}`)));
    await bench.end(input, "judge.1", { text: "Winner: 2" });
    await Promise.all(Array.from({ length: 8 }, (_, index) => bench.look(input.runId, `due-${index}`)));
    const events = await bench.eventsOf(input);
    expect(events.filter((event) => event !== "decision").toSorted()).toEqual(
      [
        ...["vote.1", "vote.2", "vote.3", "judge.1"].flatMap((id) => [
          `phase_started ${id}`,
          `phase_finished ${id}`,
        ]),
        "done",
      ].toSorted(),
    );
    expect(new Set(bench.sentCalls(input))).toEqual(new Set(["vote.1", "vote.2", "vote.3", "judge.1"]));
    expect(await bench.resultOf(input)).toMatchObject({ outcome: "succeeded", costUsd: 0.004 });
    expect(await bench.facts("run-changed")).toBe(2);
  });

  it("a look that loses every race goes to the end of the queue", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning" });
    const drive = createDriveRun({
      ...bench.deps,
      runs: { ...bench.deps.runs, save: async () => ({ kind: "conflict" }) },
    });
    const job = { v: 1, runId: input.runId, cause: "start", traceparent: null } as const;
    const outcome = await drive(job, new AbortController().signal);
    expect(outcome).toEqual({ kind: "snooze", delayMs: 100 });
    expect(bench.sent).toEqual([]);
  });
});

describe("calls and time", () => {
  it("a call that was claimed is never sent again, however long it takes", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning" });
    await bench.look(input.runId);
    const requestId = callRequestId(input.runId, "plan.1", 1);
    await bench.redis.hset(bench.keyspace.callRow(requestId), "state", "claimed");
    bench.clock.aheadMs = 35_000;
    await bench.look(input.runId, "due-1");
    expect(bench.sentCalls(input)).toEqual(["plan.1"]);
  });

  it("a call of which nothing is heard after its time is given up, and the run ends", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning", input: { callTimeoutMs: 1_000 } });
    await bench.look(input.runId);
    bench.clock.aheadMs = 1_000 + callGraceMs - 500;
    await bench.look(input.runId, "due-1");
    expect(await bench.resultOf(input)).toBeNull();
    const dueAtMs = Number(await bench.redis.zscore(bench.keyspace.runsDue, input.runId));
    expect(dueAtMs).toBeLessThanOrEqual(Date.now() + 1_000 + callGraceMs);
    bench.clock.aheadMs += 1_000;
    await bench.look(input.runId, "due-2");
    expect(await bench.resultOf(input)).toMatchObject({
      outcome: "failed",
      failure: { code: "deadline_exceeded" },
    });
  });

  it("what a cancelled call has cost is counted although its run has ended", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning" });
    await bench.look(input.runId);
    await cancelRequest(bench.redis, bench.keyspace, input.requestId);
    await bench.look(input.runId, "cancel");
    const cause = await bench.end(input, "plan.1", { costUsd: 0.5 });
    await bench.look(input.runId, cause);
    const { outcome, calls } = await bench.stateOf(input);
    expect(outcome?.kind).toBe("cancelled");
    expect(calls).toMatchObject([{ outcome: { kind: "failed", costUsd: 0.5 } }]);
    // Of the beginning, of the end, and of the end with everything counted.
    expect(await bench.facts("run-changed")).toBe(3);
    expect(await bench.redis.zcard(bench.keyspace.runsDue)).toBe(0);
    expect(await bench.eventsOf(input)).toEqual(["phase_started plan.1", "done"]);
  });
});

describe("what cannot be driven", () => {
  it("a run of an unknown version waits: a job comes again later, a reminder is done because the next one comes anyway", async () => {
    const bench = open();
    const { settings } = buildRunInput({ mode: "planning" });
    const input = await bench.create({
      mode: "planning",
      input: { settings: { ...settings, modeVersion: 7 } },
    });
    expect(await bench.look(input.runId)).toMatchObject({ kind: "snooze" });
    expect(await bench.look(input.runId, "due-1")).toEqual({ kind: "done" });
    expect((await bench.stateOf(input)).outcome).toBeNull();
  });

  it("a run that is gone is done, and off the list", async () => {
    const bench = open();
    await bench.redis.zadd(bench.keyspace.runsDue, 1, "run_gone");
    expect(await bench.look("run_gone")).toEqual({ kind: "done" });
    expect(await bench.redis.zcard(bench.keyspace.runsDue)).toBe(0);
  });

  it("a run whose call cannot be written ends with the reason", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning", input: { bodyText: "no JSON" } });
    await bench.look(input.runId);
    expect(await bench.resultOf(input)).toMatchObject({ outcome: "failed", failure: { class: "fatal" } });
    expect(bench.sent).toEqual([]);
    expect(await bench.eventsOf(input)).toEqual(["done"]);
  });

  it("an answer that cannot be read is the failure of its call", async () => {
    const bench = open();
    const input = await bench.create({ mode: "planning" });
    await bench.look(input.runId);
    const requestId = callRequestId(input.runId, "plan.1", 1);
    const result = JSON.stringify(resultOf(requestId, { isAnswered: true, costUsd: 0.2 }));
    await bench.redis.set(bench.keyspace.result(requestId), `0\n${result}\n<html>`);
    await bench.look(input.runId, requestId);
    expect(await bench.resultOf(input)).toMatchObject({
      outcome: "failed",
      failure: { code: "provider_bad_response" },
      costUsd: 0.2,
    });
  });
});
