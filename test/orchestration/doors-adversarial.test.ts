import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { postJson } from "../doors/post-json.ts";
import { calledModels, upstreamCalls } from "./door-bench.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

const adversarial = (body: unknown) => postJson(network, "/v1/adversarial", { body });
const parts = { planner_model: "gpt-test", critic_model: "claude-test" };

describe("/v1/adversarial", () => {
  it("C4, S3-26, S3-27, S3-28, S3-32, S3-60, S4-13, S4-14, S4-15, S4-16, S4-17, S4-19: one prompt is planned by model A, criticised by model B and refined by A, in exactly five members", async () => {
    network.mock.plan("up-gpt", { texts: ["the first plan", "the refined plan"] });
    network.mock.plan("up-claude", { text: "the critique" });
    const { status, json, headers } = await adversarial({ prompt: "Design a system", ...parts });
    expect(status).toBe(200);
    expect(json).toEqual({
      original_prompt: "Design a system",
      initial_plan: "the first plan",
      critique: "the critique",
      refined_plan: "the refined plan",
      total_tokens: expect.any(Number) as number,
    });
    const [planned, criticised, refined, ...others] = upstreamCalls(network);
    expect(others).toEqual([]);
    expect([planned?.model, criticised?.model, refined?.model]).toEqual(["up-gpt", "up-claude", "up-gpt"]);
    expect(criticised?.text).toContain("the first plan");
    expect(refined?.text).toContain("the first plan");
    expect(refined?.text).toContain("the critique");
    expect(headers.get("x-tokenhub-run")).toMatch(/^run_[0-9a-f]{32}$/);
    expect(headers.get("x-tokenhub-attempts")).toBe("3");
  });

  it("S3-29, S4-18: total_tokens is what all three calls used", async () => {
    network.mock.plan("up-gpt", { text: "x", usage: { inputTokens: 100, outputTokens: 20 } });
    network.mock.plan("up-claude", { text: "y", usage: { inputTokens: 1_000, outputTokens: 3 } });
    const { json } = await adversarial({ prompt: "Design a system", ...parts });
    expect(json["total_tokens"]).toBe(100 + 20 + 1_000 + 3 + 100 + 20);
  });

  it("S3-32: plan and critique may take 1,000 tokens, the refined plan 1,500, all at temperature 0.7", async () => {
    await adversarial({ prompt: "Design a system", ...parts });
    const limits = upstreamCalls(network).map(({ maxTokens, temperature }) => [maxTokens, temperature]);
    expect(limits).toEqual([
      [1_000, 0.7],
      [1_000, 0.7],
      [1_500, 0.7],
    ]);
  });

  it("S4-12: planner and critic differ without being named, and a single model plays both parts", async () => {
    await adversarial({ prompt: "Design a system" });
    const [planner, critic, refiner] = calledModels(network);
    expect(critic).not.toBe(planner);
    expect(refiner).toBe(planner);
    const models = [{ id: "alone", provider: "openai-up", name: "up-alone", weight: 1 }];
    await using own = await startTestNetwork({
      redisUrl: inject("redisUrl"),
      config: { models, aliases: {} },
    });
    const { status, json } = await postJson(own, "/v1/adversarial", { body: { prompt: "Design a system" } });
    expect([status, Object.keys(json)]).toEqual([
      200,
      ["original_prompt", "initial_plan", "critique", "refined_plan", "total_tokens"],
    ]);
    expect(calledModels(own)).toEqual(["up-alone", "up-alone", "up-alone"]);
  });

  it("S4-17: two iterations are five calls, each critique of the latest plan", async () => {
    network.mock.plan("up-gpt", { texts: ["plan 0", "plan 1", "plan 2"] });
    network.mock.plan("up-claude", { texts: ["critique 1", "critique 2"] });
    const { json } = await adversarial({ prompt: "Design a system", ...parts, iterations: 2 });
    expect(json).toMatchObject({ initial_plan: "plan 0", critique: "critique 2", refined_plan: "plan 2" });
    const calls = upstreamCalls(network);
    expect(calls).toHaveLength(5);
    expect(calls[3]?.text).toContain("plan 1");
    expect(calls[3]?.text).not.toContain("plan 0");
  });

  it("S1d-16, S1-15: directives in the prompt are heeded and stripped, and cannot make it another flow", async () => {
    const prompt = "@@tokenhub iterations=2\nDesign a system";
    const { json } = await adversarial({ prompt, ...parts });
    expect(json["original_prompt"]).toBe(prompt);
    expect(network.mock.calls()).toHaveLength(5);
    expect(JSON.stringify(network.mock.calls())).not.toContain("@@tokenhub");
    const other = await adversarial({ prompt: "@@tokenhub mode=vote\nDesign a system" });
    expect([other.status, other.json["error"]]).toMatchObject([
      400,
      { code: "invalid_directive", param: "mode" },
    ]);
  });

  it.each([
    [{}, "prompt"],
    [{ prompt: "" }, "prompt"],
    [{ prompt: 7 }, "prompt"],
    [{ prompt: "x", iterations: 11 }, "iterations"],
    [{ prompt: "x", iterations: -1 }, "iterations"],
    [{ prompt: "x", iterations: 1.5 }, "iterations"],
    [{ prompt: "x", planner_model: 5 }, "planner_model"],
  ])("D14: the body %j is a 400 that names %s, and nothing is called", async (body, param) => {
    const { status, json } = await adversarial(body);
    expect(status).toBe(400);
    expect(json["error"]).toMatchObject({ code: "invalid_request", param });
    expect(network.mock.calls()).toHaveLength(0);
  });

  it("D14: other methods are 405, broken JSON 400, both as JSON", async () => {
    const wrongMethod = await fetch(`${network.url}/v1/adversarial`);
    expect([wrongMethod.status, wrongMethod.headers.get("allow")]).toEqual([405, "POST"]);
    const broken = await fetch(`${network.url}/v1/adversarial`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
      body: "{",
    });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ error: { code: "invalid_json" } });
  });
});

describe("the flat body of /v1/chat", () => {
  const hello = [
    { role: "system", content: "Speak like a pirate" },
    { role: "user", content: "Design a system" },
  ];
  const chat = (body: object) => postJson(network, "/v1/chat", { body: { messages: hello, ...body } });
  beforeEach(() => {
    network.mock.plan("up-gpt", { texts: ["plan 0", "plan 1", "plan 2"], usage: { outputTokens: 7 } });
    network.mock.plan("up-claude", { texts: ["critique 1", "critique 2"] });
  });

  it("S0-9, S0-10, S0-18, S0-27, S0-28, S0-29, S2-2, S2-10, S2-11: adversarial alone plans with A and criticises with B; the plan is the answer", async () => {
    const { status, json, headers } = await chat({ orchestration_mode: "adversarial", ...parts });
    expect(status).toBe(200);
    expect(json).toEqual({
      response: "plan 0",
      model: "gpt-test",
      tokens_used: expect.any(Number) as number,
      finish_reason: "stop",
      adversarial: {
        final_response: "plan 0",
        iterations: "1",
        initial_plan: "plan 0",
        critique: "critique 1",
        refinements: [],
      },
    });
    expect(calledModels(network)).toEqual(["up-gpt", "up-claude"]);
    const [planned, criticised] = upstreamCalls(network);
    for (const call of [planned, criticised]) expect(call?.text).toContain("Speak like a pirate");
    expect(headers.get("x-tokenhub-run")).toMatch(/^run_/);
  });

  it("S0-10, S0-30, S0-31, S0-32, S2-12, S2-13: with refinement the final answer is the last refinement, initial_plan the first answer, iterations a text, critique the latest", async () => {
    const refining = { orchestration_mode: "adversarial", enable_refinement: true, ...parts };
    const once = await chat(refining);
    expect(once.json).toMatchObject({
      response: "plan 1",
      adversarial: {
        iterations: "2",
        initial_plan: "plan 0",
        refinements: ["plan 1"],
        final_response: "plan 1",
      },
    });
    network.mock.plan("up-gpt", { texts: ["plan 0", "plan 1", "plan 2"] });
    network.mock.plan("up-claude", { texts: ["critique 1", "critique 2"] });
    const twice = await chat({ ...refining, max_refinement_iterations: 2 });
    expect(twice.json["adversarial"]).toEqual({
      final_response: "plan 2",
      iterations: "3",
      initial_plan: "plan 0",
      critique: "critique 2",
      refinements: ["plan 1", "plan 2"],
    });
    expect(calledModels(network)).toHaveLength(3 + 5);
  });

  it("S0-32: tokens_used is of the final call only", async () => {
    network.mock.plan("up-gpt", { text: "a plan", usage: { inputTokens: 40, outputTokens: 2 } });
    network.mock.plan("up-claude", { text: "a critique", usage: { inputTokens: 9_000, outputTokens: 9 } });
    const { json } = await chat({ orchestration_mode: "adversarial", enable_refinement: true, ...parts });
    expect(json["tokens_used"]).toBe(42);
  });

  it("S0-31: a critic that accepts ends nothing here: as many refinements come as were asked for", async () => {
    network.mock.plan("up-claude", { text: "## Attacks\n- none\n\nVerdict: accepted" });
    const { json } = await chat({ orchestration_mode: "adversarial", enable_refinement: true, ...parts });
    expect(json["adversarial"]).toMatchObject({ refinements: ["plan 1"] });
  });

  it("S0-18, S2-53: vote, refine and planning run from here too, without the member adversarial", async () => {
    network.mock.clearPlans();
    for (const [mode, calls] of [
      ["planning", 1],
      ["refine", 3],
      ["vote", 4],
    ] as const) {
      network.mock.clearCalls();
      const { status, json } = await chat({ orchestration_mode: mode });
      expect([status, Object.keys(json)]).toEqual([
        200,
        ["response", "model", "tokens_used", "finish_reason"],
      ]);
      expect(network.mock.calls()).toHaveLength(calls);
    }
  });

  it.each([
    [{ orchestration_mode: "dance" }, "orchestration_mode"],
    [{ orchestration_mode: "adversarial", max_refinement_iterations: 11 }, "max_refinement_iterations"],
    [{ orchestration_mode: "adversarial", planner_model: "no-such-model" }, "planner_model"],
    [{ orchestration_mode: "adversarial", critic_model: "no-such-model" }, "critic_model"],
    [{ orchestration_mode: "adversarial", enable_refinement: "yes" }, "enable_refinement"],
  ])("D14, D2: %j is the client's fault, told in one sentence that names %s", async (body, field) => {
    const { status, json } = await chat(body);
    expect([400, 404]).toContain(status);
    expect(Object.keys(json)).toEqual(["error"]);
    expect(json["error"]).toContain(field);
    expect(network.mock.calls()).toHaveLength(0);
  });

  it("C17: a phase that fails is told in one sentence, beside the phases that are paid for", async () => {
    network.mock.plan("up-claude", { steps: [{ kind: "status", status: 400, message: "no", repeat: true }] });
    const { status, json } = await chat({ orchestration_mode: "adversarial", ...parts });
    expect(status).toBe(400);
    expect(typeof json["error"]).toBe("string");
    expect(json["run"]).toMatchObject({
      status: "failed",
      artefacts: { initial_plan: "plan 0" },
      phases: [
        { id: "plan.1", status: "succeeded", output: "plan 0" },
        { id: "critique.1", status: "failed" },
      ],
    });
  });
});
