import { callRequestId } from "@tokenhub/ledger";
import { createKeyspace, type RunInput } from "@tokenhub/contracts";
import { orchestrateQueueName } from "@tokenhub/queue";
import {
  mockUpstreams,
  startTestNetwork,
  until,
  type TestNetwork,
  type TestNetworkOptions,
} from "@tokenhub/testkit";
import { cancelRequest } from "@tokenhub/queue";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { mode as twoStepMode } from "./custom-mode.fixture.ts";
import { openEngineBench, type Answer, type EngineBench } from "./engine-bench.ts";

const pinned = (modelId: string) => ({ modelId, allowFallback: false, minWeight: null });

interface Stage extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly bench: EngineBench;
  /** The calls that the upstream got for a run, as call ids with attempts, in the order in which they came. */
  readonly callsOf: (input: RunInput) => string[];
}

/** A server of one's own is told the request id, which a vendor is not: only such calls can be told apart. */
const own = ["gpt-test", "second-test", "spare-test"];

/** The upstreams of every test network, and a second server of one's own. */
function withSecondServer(mockUrl: string): Record<string, unknown> {
  const { providers, models } = mockUpstreams(mockUrl) as Record<
    "providers" | "models",
    Record<string, unknown>[]
  >;
  const [provider] = providers;
  const [model] = models;
  return {
    providers: [...providers, { ...provider, name: "second" }],
    models: [...models, { ...model, id: "second-test", provider: "second", name: "up-second", weight: 82 }],
  };
}

async function openStage(options: Omit<TestNetworkOptions, "redisUrl"> = {}): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const redisUrl = inject("redisUrl");
  const network = stack.use(await startTestNetwork({ redisUrl, ...options }));
  await network.reload(withSecondServer(network.mock.url));
  const bench = stack.use(await openEngineBench(redisUrl, network.redisPrefix));
  const resources = stack.move();
  return {
    network,
    bench,
    callsOf({ runId }) {
      const names = new Map(
        ["plan", "critique", "refine", "vote", "judge", "answer", "improve"].flatMap((phase) =>
          [1, 2, 3, 4, 5].flatMap((number) =>
            [1, 2].map((attempt) => {
              const callId = `${phase}.${number}`;
              return [
                callRequestId(runId, callId, attempt),
                attempt === 1 ? callId : `${callId}/${attempt}`,
              ] as const;
            }),
          ),
        ),
      );
      return network.mock.calls().flatMap(({ requestId }) => names.get(requestId ?? "") ?? []);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const contentOf = ({ body }: Answer) => body.choices?.[0]?.message.content;

describe("runs on services that are well", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("adversarial: plan, critique by another provider, refinement; the result is one completion with the sums of all calls", async () => {
    const { network, bench, callsOf } = stage;
    network.mock.plan("up-gpt", { texts: ["The first plan.", "The better plan."] });
    network.mock.plan("up-second", { text: "Too short." });
    const input = await bench.begin({
      mode: "adversarial",
      settings: { primary: pinned("gpt-test"), review: pinned("second-test") },
      question: "How do I build a bridge?",
    });
    const answer = await bench.answerOf(input);
    expect(contentOf(answer)).toBe("The better plan.");
    expect(callsOf(input)).toEqual(["plan.1", "critique.1", "refine.1"]);
    const [, critique, refine] = network.mock.calls().slice(-3);
    expect(critique?.bodyText).toContain("How do I build a bridge?");
    expect(critique?.bodyText).toContain("The first plan.");
    expect(refine?.bodyText).toContain("Too short.");
    const { body, result } = answer;
    expect(body).toMatchObject({
      id: `chatcmpl-${input.runId}`,
      object: "chat.completion",
      model: "gpt-test",
      tokenhub_run: { id: input.runId, status: "succeeded", result: "The better plan." },
    });
    expect(body.tokenhub_run.artefacts).toMatchObject({
      initial_plan: "The first plan.",
      critique: "Too short.",
      refined_plan: "The better plan.",
    });
    const phases = body.tokenhub_run.phases;
    expect(phases.map(({ id, model, status }) => [id, model, status])).toEqual([
      ["plan.1", "gpt-test", "succeeded"],
      ["critique.1", "second-test", "succeeded"],
      ["refine.1", "gpt-test", "succeeded"],
    ]);
    const sum = (name: string) => phases.reduce((total, phase) => total + Number(phase[name]), 0);
    expect(body.usage).toMatchObject({
      prompt_tokens: sum("input_tokens"),
      completion_tokens: sum("output_tokens"),
      total_tokens: body.tokenhub_run.total_tokens,
    });
    expect(body.tokenhub_run.total_tokens).toBe(sum("input_tokens") + sum("output_tokens"));
    expect(result).toMatchObject({
      outcome: "succeeded",
      wireFormat: "openai-chat",
      modelId: "gpt-test",
      usage: { inputTokens: sum("input_tokens"), outputTokens: sum("output_tokens") },
    });
    expect(result.costUsd).toBeCloseTo(sum("cost_usd"), 9);
  });

  it("vote: the voters are different models of different providers, and the judge's winner is the answer", async () => {
    const { network, bench, callsOf } = stage;
    for (const name of ["gpt", "second", "spare"]) network.mock.plan(`up-${name}`, { text: `${name} says` });
    const input = await bench.begin({ mode: "vote", settings: { voters: 3 } });
    const { body } = await bench.answerOf(input);
    const voters = body.tokenhub_run.phases.filter(({ phase }) => phase === "vote");
    expect(new Set(voters.map(({ model }) => model))).toEqual(new Set(own));
    expect(callsOf(input).toSorted()).toEqual(["judge.1", "vote.1", "vote.2", "vote.3"]);
    expect(body.tokenhub_run.result).toMatch(/^(gpt|second|spare) says$/);
  });

  it("refine: the same model improves its own answer in every round; planning is one call", async () => {
    const { network, bench, callsOf } = stage;
    network.mock.plan("up-gpt", { texts: ["one", "two", "three"] });
    const refine = await bench.begin({
      mode: "refine",
      settings: { rounds: 2, primary: pinned("gpt-test") },
    });
    expect(contentOf(await bench.answerOf(refine))).toBe("three");
    expect(callsOf(refine)).toEqual(["answer.1", "improve.1", "improve.2"]);
    const planning = await bench.begin({ mode: "planning", settings: { primary: pinned("gpt-test") } });
    expect(contentOf(await bench.answerOf(planning))).toBe("three");
    expect(callsOf(planning)).toEqual(["plan.1"]);
  });

  it.each(["gpt-test", "claude-test"])(
    "calls of %s that stream are followed on the run's channel, and their log is read as the answer",
    async (model) => {
      const { network, bench } = stage;
      const up = model.replace(/(\w+)-test/, "up-$1");
      network.mock.plan(up, { text: "A plan in several pieces, one after the other.", tokensPerSecond: 200 });
      const input = await bench.store({
        mode: "planning",
        settings: { primary: pinned(model) },
        allowedModelIds: [model],
        input: { streamsCalls: true },
      });
      const subscriber = bench.redis.duplicate();
      await subscriber.connect().catch(() => undefined);
      const kinds: string[] = [];
      subscriber.on("message", (_channel, text: string) => kinds.push(text.charAt(0)));
      await subscriber.subscribe(createKeyspace(network.redisPrefix).replyChannel(input.runId));
      await bench.producer.addOrchestrate({ v: 1, runId: input.runId, cause: "start", traceparent: null });
      const answer = await bench.answerOf(input);
      expect(contentOf(answer)).toBe("A plan in several pieces, one after the other.");
      expect(answer.body.tokenhub_run.phases).toMatchObject([{ finish_reason: "stop", status: "succeeded" }]);
      await until(
        "the event of the end",
        () => kinds.at(-1) === "E" && kinds.filter((kind) => kind === "E").length === 3,
      );
      expect(kinds.filter((kind) => kind === "F").length).toBeGreaterThan(1);
      subscriber.disconnect();
    },
  );

  it.each([
    ["gpt-test", false],
    ["gpt-test", true],
    ["claude-test", false],
    ["claude-test", true],
  ])("tool calls of %s (streamed: %s) come out as OpenAI's", async (model, streamsCalls) => {
    const { network, bench } = stage;
    const up = model.replace(/(\w+)-test/, "up-$1");
    network.mock.plan(up, { toolCalls: [{ name: "look_up", arguments: { city: "Rome" } }] });
    const tool = {
      name: "look_up",
      parameters: { type: "object", properties: { city: { type: "string" } } },
    };
    const bodyText = JSON.stringify({
      messages: [{ role: "user", content: "Weather?" }],
      tools: [{ type: "function", function: tool }],
    });
    const input = await bench.begin({
      mode: "planning",
      settings: { primary: pinned(model) },
      allowedModelIds: [model],
      input: { streamsCalls, bodyText },
    });
    const { body } = await bench.answerOf(input);
    expect(body.choices).toMatchObject([
      { message: { content: null, tool_calls: [{ type: "function", function: { name: "look_up" } }] } },
    ]);
    const [call] = (body.choices?.[0]?.message.tool_calls ?? []) as { function: { arguments: string } }[];
    expect(JSON.parse(call?.function.arguments ?? "")).toEqual({ city: "Rome" });
    expect(body.choices?.[0]?.finish_reason).toBe("tool_calls");
  });

  it("jobs that are repeated, invented and in any order change nothing: every call is made once", async () => {
    const { network, bench, callsOf } = stage;
    for (const name of ["gpt", "second", "spare"]) network.mock.plan(`up-${name}`, { latencyMs: 60 });
    const inputs = await Promise.all(
      ["adversarial", "vote", "refine"].map((mode) =>
        bench.begin({ mode, settings: mode === "vote" ? { voters: 3 } : { rounds: 2 } }),
      ),
    );
    let isOver = false;
    const disturb = async (): Promise<void> => {
      const callIds = ["plan.1", "vote.2", "judge.1", "critique.1", "critique.2", "answer.1", "improve.2"];
      for (let number = 0; !isOver; number += 1) {
        const input = inputs[number % inputs.length] as RunInput;
        const causes = [
          ...callIds.map((callId) => callRequestId(input.runId, callId, 1)),
          "start",
          `due-${number}`,
        ];
        const cause = causes[number % causes.length] as string;
        await bench.producer.addOrchestrate({ v: 1, runId: input.runId, cause, traceparent: null });
        await sleep(1);
      }
    };
    const disturbing = disturb();
    const answers = await Promise.all(inputs.map((input) => bench.answerOf(input)));
    isOver = true;
    await disturbing;
    expect(answers.map(({ result }) => result.outcome)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(inputs.map((input) => callsOf(input).toSorted())).toEqual([
      ["critique.1", "critique.2", "plan.1", "refine.1", "refine.2"],
      ["judge.1", "vote.1", "vote.2", "vote.3"],
      ["answer.1", "improve.1", "improve.2"],
    ]);
    for (const input of inputs) {
      const events = await bench.runs.readEvents(input.runId, 0, 100);
      const told = events.map(({ event }) => `${event.type} ${"callId" in event ? event.callId : ""}`);
      expect(told).toEqual([...new Set(told)]);
    }
  });

  it("a run whose mode, or its version, is not known here is left alone, not failed", async () => {
    const { network, bench } = stage;
    const input = await bench.store({ mode: "planning" });
    const settings = { ...input.settings, modeVersion: 99 };
    const later = { ...input, runId: `${input.runId}99`, requestId: `${input.requestId}99`, settings };
    const state = await bench.stateOf(input);
    const fact = {
      v: 1,
      type: "run-changed",
      eventId: "evt_later",
      occurredAtMs: 0,
      input: later,
      state,
    } as const;
    await bench.runs.create({ input: later, state, fact, dueAtMs: Date.now() + 60_000, ttlMs: 60_000 });
    await bench.producer.addOrchestrate({ v: 1, runId: later.runId, cause: "start", traceparent: null });
    await until("the word about it", () =>
      network.logLines.some((line) => line.includes("does not know") && line.includes(later.runId)),
    );
    expect(await bench.stateOf(later)).toEqual(state);
    const delayed = (await bench.producer.countJobs(orchestrateQueueName))["delayed"];
    expect(delayed).toBeGreaterThan(0);
  });
});

describe("what operators see", () => {
  it("metrics count steps, ends and our own share of the time; no log line holds a prompt or an answer", async () => {
    await using stage = await openStage();
    const { network, bench } = stage;
    network.mock.plan("*", { text: "A most confidential answer." });
    const question = "A most confidential question?";
    const inputs = await Promise.all([
      bench.begin({ mode: "adversarial", question }),
      bench.begin({ mode: "vote", question, input: { bodyText: "broken" } }),
    ]);
    await Promise.all(inputs.map((input) => bench.answerOf(input)));
    const { adminPort } = network.orchestrator;
    const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    const valueOf = (series: string): number =>
      Number(
        metrics
          .split("\n")
          .find((line) => line.startsWith(series))
          ?.split(" ")
          .at(-1),
      );
    expect(valueOf('tokenhub_orchestration_steps_total{mode="adversarial"')).toBe(4);
    expect(valueOf('tokenhub_orchestrations_total{mode="adversarial",outcome="succeeded"')).toBe(1);
    expect(valueOf('tokenhub_orchestrations_total{mode="vote",outcome="failed"')).toBe(1);
    expect(valueOf("tokenhub_orchestration_overhead_seconds_count")).toBe(2);
    const gatewayMetrics = await (await fetch(`${network.url}/metrics`)).text();
    expect(gatewayMetrics).toMatch(/^tokenhub_queue_jobs\{.*queue="orchestrate"/m);
    expect(network.logLines.filter((line) => line.includes('"orchestration ended"'))).toHaveLength(2);
    expect(network.logLines.join("")).not.toContain("confidential");
  });
});

describe("what goes wrong at a model", () => {
  it("one of three voters fails: the others are judged, and what failed is in the phases", async () => {
    await using stage = await openStage();
    const { network, bench } = stage;
    network.mock.plan("up-spare", { steps: [{ kind: "status", status: 400, repeat: true }] });
    const input = await bench.begin({ mode: "vote", settings: { voters: 3 } });
    const { body, result } = await bench.answerOf(input);
    expect(result.outcome).toBe("succeeded");
    const votes = body.tokenhub_run.phases.filter(({ phase }) => phase === "vote");
    expect(votes.filter(({ status }) => status === "succeeded")).toHaveLength(2);
    expect(votes.find(({ status }) => status === "failed")).toMatchObject({
      model: "spare-test",
      error: { code: "provider_bad_request" },
    });
  });

  it("all voters fail: the run fails with the first one's error, and its phases are told", async () => {
    await using stage = await openStage();
    const { network, bench, callsOf } = stage;
    network.mock.plan("*", { steps: [{ kind: "status", status: 400, repeat: true }] });
    const input = await bench.begin({ mode: "vote", settings: { voters: 3 } });
    const { body, result } = await bench.answerOf(input);
    expect(result).toMatchObject({ outcome: "failed", failure: { code: "provider_bad_request" } });
    expect(body.choices).toBeUndefined();
    expect(body.tokenhub_run).toMatchObject({
      status: "failed",
      error: { code: "provider_bad_request" },
      result: null,
    });
    expect(body.tokenhub_run.phases).toHaveLength(3);
    expect(callsOf(input).toSorted()).toEqual(["vote.1", "vote.2", "vote.3"]);
  });

  it("a critic that never answers ends with its time, and the plan that was paid for is told", async () => {
    await using stage = await openStage();
    const { network, bench } = stage;
    network.mock.plan("up-gpt", { text: "The plan." });
    network.mock.plan("up-second", { steps: [{ kind: "hang", repeat: true }] });
    const input = await bench.begin({
      mode: "adversarial",
      settings: { primary: pinned("gpt-test"), review: pinned("second-test") },
      input: { callTimeoutMs: 700 },
    });
    const { body, result } = await bench.answerOf(input);
    expect(result).toMatchObject({ outcome: "failed", failure: { code: "deadline_exceeded" } });
    expect(body.tokenhub_run.artefacts).toMatchObject({ initial_plan: "The plan." });
    expect(body.tokenhub_run.phases).toMatchObject([
      { id: "plan.1", status: "succeeded", output: "The plan." },
      { id: "critique.1", status: "failed" },
    ]);
    expect(body.tokenhub_run.total_tokens).toBeGreaterThan(0);
  });

  it("a budget that is used up in the middle stops the run before its next call", async () => {
    await using stage = await openStage();
    const { bench, callsOf } = stage;
    const input = await bench.begin({
      mode: "adversarial",
      settings: { primary: pinned("gpt-test") },
      input: { maxCostUsd: 0.000_000_1 },
    });
    const { body, result } = await bench.answerOf(input);
    expect(result).toMatchObject({ outcome: "failed", failure: { code: "budget_exceeded" } });
    expect(body.tokenhub_run.phases).toMatchObject([{ id: "plan.1", status: "succeeded" }]);
    expect(result.costUsd).toBeGreaterThan(0);
    expect(callsOf(input)).toEqual(["plan.1"]);
  });

  it("cancelled in the middle: the call under way is aborted, and no other one is made", async () => {
    await using stage = await openStage();
    const { network, bench, callsOf } = stage;
    network.mock.plan("up-gpt", { text: "The plan." });
    network.mock.plan("up-second", { steps: [{ kind: "hang", repeat: true }] });
    const input = await bench.begin({
      mode: "adversarial",
      settings: { primary: pinned("gpt-test"), review: pinned("second-test") },
    });
    await until("the critique to begin", () => callsOf(input).includes("critique.1"));
    await cancelRequest(bench.redis, bench.keyspace, input.requestId);
    await bench.producer.addOrchestrate({ v: 1, runId: input.runId, cause: "cancel", traceparent: null });
    const { body, result } = await bench.answerOf(input);
    expect(result).toMatchObject({ outcome: "cancelled", failure: { code: "cancelled" } });
    expect(body.tokenhub_run).toMatchObject({
      status: "cancelled",
      artefacts: { initial_plan: "The plan." },
    });
    await until("the call to be aborted", () => network.mock.calls().at(-1)?.outcome === "aborted_by_client");
    // The end of the aborted call comes after that of the run, and is counted with it.
    await until("the aborted call to be known", async () =>
      (await bench.stateOf(input)).calls.every(({ outcome }) => outcome !== null),
    );
    expect((await bench.stateOf(input)).outcome?.kind).toBe("cancelled");
    expect(callsOf(input)).toEqual(["plan.1", "critique.1"]);
  });
});

describe("what is lost on the way", () => {
  const soon = { reconcileIntervalMs: 100, repairAfterMs: 1_000 };

  it("a run whose first job was lost is found and finished", async () => {
    await using stage = await openStage({ orchestration: soon });
    const input = await stage.bench.store({ mode: "adversarial" });
    await stage.bench.redis.zadd(stage.bench.keyspace.runsDue, Date.now(), input.runId);
    const { result } = await stage.bench.answerOf(input);
    expect(result.outcome).toBe("succeeded");
    expect(stage.callsOf(input)).toEqual(["plan.1", "critique.1", "refine.1"]);
  });

  it("a run in the middle whose job was deleted goes on by itself, without a call too many", async () => {
    await using stage = await openStage({ orchestration: soon });
    const { network, bench, callsOf } = stage;
    network.mock.plan("*", { latencyMs: 400 });
    const input = await bench.begin({ mode: "adversarial", settings: { rounds: 2 } });
    const key = `${bench.keyspace.queuePrefix}:${orchestrateQueueName}`;
    await until("the plan to begin", () => callsOf(input).length === 1);
    // While the queue is paused nobody takes the job that tells of the end of the plan.
    await bench.redis.hset(`${key}:meta`, "paused", "1");
    const jobId = `${input.runId}.${callRequestId(input.runId, "plan.1", 1)}`;
    await until("the job", async () => (await bench.redis.exists(`${key}:${jobId}`)) === 1);
    await bench.redis
      .multi()
      .del(`${key}:${jobId}`)
      .lrem(`${key}:wait`, 0, jobId)
      .hdel(`${key}:meta`, "paused")
      .exec();
    expect((await bench.stateOf(input)).calls).toMatchObject([{ spec: { callId: "plan.1" }, outcome: null }]);
    expect((await bench.answerOf(input)).result.outcome).toBe("succeeded");
    expect(callsOf(input)).toEqual(["plan.1", "critique.1", "refine.1", "critique.2", "refine.2"]);
  });

  it("a run that is gone is forgotten", async () => {
    await using stage = await openStage({ orchestration: soon });
    const { redis, keyspace } = stage.bench;
    await redis.zadd(keyspace.runsDue, Date.now(), "run_00000000000000000000");
    await expect.poll(() => redis.zcard(keyspace.runsDue), { timeout: 5_000 }).toBe(0);
  });
});

describe("a mode of the operator's own", () => {
  it("is taken from the module that the configuration names", async () => {
    const module = new URL("./custom-mode.fixture.ts", import.meta.url).pathname;
    await using stage = await openStage({ env: { TOKENHUB_ORCHESTRATION_MODES: module } });
    stage.network.mock.plan("*", { text: "Said." });
    const input = await stage.bench.begin({ mode: "two-step", customModes: [twoStepMode] });
    const { body, result } = await stage.bench.answerOf(input);
    expect(result.outcome).toBe("succeeded");
    expect(body.tokenhub_run.phases.map(({ id }) => id)).toEqual(["draft.1", "polish.1"]);
  });
});
