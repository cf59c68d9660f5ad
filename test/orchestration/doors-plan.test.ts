import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { calledModels, cast, plan, upstreamCalls, type NativeRun } from "./door-bench.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

const ask = (run: NativeRun) => plan(network, run);

describe("planning", () => {
  it("S1-59, C4: no orchestration, an empty mode and planning are one call, answered with the completion itself", async () => {
    for (const orchestration of [undefined, {}, { mode: "" }, { mode: "planning" }]) {
      network.mock.clearCalls();
      const { status, json, headers } = await ask({
        ...(orchestration === undefined ? {} : { orchestration }),
        request: { model_hint: "gpt-test", id: "mine-1" },
      });
      expect(status).toBe(200);
      expect(json).toMatchObject({
        client_request_id: "mine-1",
        run_id: headers.get("x-tokenhub-run"),
        negotiated_model: "gpt-test",
        routing_reason: "planning-orchestration",
        response: { object: "chat.completion", model: "gpt-test" },
      });
      expect(json["estimated_cost_usd"]).toBeGreaterThan(0);
      expect(JSON.stringify(json)).not.toContain("tokenhub_run");
      expect(calledModels(network)).toEqual(["up-gpt"]);
    }
  });
});

describe("adversarial", () => {
  beforeEach(() => {
    network.mock.plan("up-gpt", { texts: ["plan 0", "plan 1", "plan 2"] });
    network.mock.plan("up-claude", { texts: ["critique 1", "critique 2"] });
  });
  const orchestration = { mode: "adversarial", ...cast };

  it("S1-12: initial plan, critique and refined plan, with what all calls used and cost", async () => {
    const usage = { inputTokens: 100, outputTokens: 50 };
    network.mock.plan("up-gpt", { texts: ["plan 0", "plan 1"], usage });
    network.mock.plan("up-claude", { text: "critique 1", usage });
    const { status, json } = await ask({ orchestration });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      negotiated_model: "gpt-test",
      routing_reason: "adversarial-orchestration",
      usage: { prompt_tokens: 300, completion_tokens: 150, total_tokens: 450 },
      response: { initial_plan: "plan 0", critique: "critique 1", refined_plan: "plan 1" },
    });
    // Two calls at $0.002 per 1,000 tokens, one at $0.01.
    expect(json["estimated_cost_usd"]).toBeCloseTo(0.15 * (2 * 0.002 + 0.01), 9);
  });

  it("S1-12: k iterations are 1 + 2k calls, 0 is the mode's one", async () => {
    for (const [iterations, calls] of [
      [0, 3],
      [1, 3],
      [2, 5],
      [3, 7],
    ]) {
      network.mock.clearCalls();
      await ask({ orchestration: { ...orchestration, iterations } });
      expect([iterations, network.mock.calls().length]).toEqual([iterations, calls]);
    }
  });

  it("S1d-22: return_plan_only is one call and nothing but the plan", async () => {
    const { json } = await ask({ orchestration: { ...orchestration, return_plan_only: true } });
    expect(json).toMatchObject({ routing_reason: "adversarial-plan-only" });
    expect(json["response"]).toEqual({ initial_plan: "plan 0" });
    expect(calledModels(network)).toEqual(["up-gpt"]);
  });

  it("S1d-20: the critique comes along unless the caller does without it", async () => {
    const shown = await ask({ orchestration });
    expect(shown.json["response"]).toHaveProperty("critique");
    const hidden = await ask({ orchestration: { ...orchestration, include_critique: false } });
    expect(
      Object.keys(hidden.json["response"] as object).filter((name) => name.startsWith("critique")),
    ).toEqual([]);
    expect(hidden.json["response"]).toMatchObject({ initial_plan: expect.any(String) as string });
  });

  it("S1d-19: the planner is asked for plan, assumptions and risks, the critic for attacks, improvements, missing constraints and cheap wins; both come in sections", async () => {
    network.mock.plan("up-gpt", {
      text: "## Plan\n- build\n## Assumptions\n- money\n## Risks\n- rain",
    });
    network.mock.plan("up-claude", {
      text: "## Attacks\n- weak\n## Improvements\n- more\n## Missing constraints\n- time\n## Cheap wins\n- paint\n\nVerdict: revise",
    });
    const { json } = await ask({ orchestration });
    const [planner, critic] = upstreamCalls(network);
    for (const heading of ["Plan", "Assumptions", "Risks"]) expect(planner?.text).toContain(`## ${heading}`);
    for (const heading of ["Attacks", "Improvements", "Missing constraints", "Cheap wins"])
      expect(critic?.text).toContain(`## ${heading}`);
    expect(json["response"]).toMatchObject({
      planner_sections: { assumptions: ["money"], risks: ["rain"] },
      critique_sections: {
        attacks: ["weak"],
        improvements: ["more"],
        missing_constraints: ["time"],
        cheap_wins: ["paint"],
      },
    });
  });

  it("S1-12: a critic that accepts ends the rounds early, unless the caller wants them all", async () => {
    network.mock.plan("up-claude", { text: "## Attacks\n- none\n\nVerdict: accepted" });
    const early = await ask({ orchestration: { ...orchestration, iterations: 3 } });
    expect(early.json["response"]).toMatchObject({ initial_plan: "plan 0", refined_plan: "plan 0" });
    expect(network.mock.calls()).toHaveLength(2);
    network.mock.clearCalls();
    await ask({ orchestration: { ...orchestration, iterations: 3, stop_when_accepted: false } });
    expect(network.mock.calls()).toHaveLength(7);
  });

  it("S1d-14: minimum weights hold for the part they are named for", async () => {
    await ask({ orchestration: { mode: "adversarial", primary_min_weight: 84, review_min_weight: 75 } });
    // Only claude-test weighs 84 or more; of the two above 75 the critic is the other one.
    expect(calledModels(network)).toEqual(["up-claude", "up-gpt", "up-claude"]);
  });

  it("S1-12: the caller's system message and parameters reach the phases", async () => {
    const messages = [
      { role: "system", content: "Speak like a pirate" },
      { role: "user", content: "Design a system" },
    ];
    await ask({ request: { messages, parameters: { temperature: 0.25 } }, orchestration });
    const calls = upstreamCalls(network);
    expect(calls.map(({ text }) => text.includes("Speak like a pirate"))).toEqual([true, true, true]);
    expect(calls.map(({ temperature }) => temperature)).toEqual([0.25, undefined, 0.25]);
  });
});

describe("vote", () => {
  beforeEach(() => {
    network.mock.plan("up-gpt", { text: "from gpt" });
    network.mock.plan("up-spare", { text: "from spare" });
    network.mock.plan("up-claude", { text: "from claude" });
  });

  it("S1-13, S1d-21: every voter is another model, the judge's choice is counted from 0 and has a reason", async () => {
    network.mock.plan("up-claude", { text: '{"winner": 2, "reason": "It is complete."}' });
    const { status, json } = await ask({
      orchestration: { mode: "vote", iterations: 2, review_model_id: "claude-test" },
    });
    expect(status).toBe(200);
    const { responses, selected, judge, judge_reason } = json["response"] as {
      responses: { model: string; content: string; selected: boolean }[];
      selected: number;
      judge: string;
      judge_reason: string;
    };
    expect(responses.map(({ model }) => model).toSorted()).toEqual(["gpt-test", "spare-test"]);
    expect([selected, judge, judge_reason]).toEqual([1, "claude-test", "It is complete."]);
    expect(responses.map((response) => response.selected)).toEqual([false, true]);
    expect(json).toMatchObject({
      negotiated_model: responses[1]?.model,
      routing_reason: "vote-orchestration",
    });
    expect(calledModels(network)).toHaveLength(3);
  });

  it("S1-13: 0 iterations are three voters and a judge; more voters than models are as many as there are", async () => {
    await ask({ orchestration: { mode: "vote" } });
    expect(network.mock.calls()).toHaveLength(4);
    network.mock.clearCalls();
    await ask({ orchestration: { mode: "vote", iterations: 10 } });
    expect(network.mock.calls()).toHaveLength(4);
  });

  it("S1-13: one iteration is one voter, whose answer needs no judge", async () => {
    const { json } = await ask({ orchestration: { mode: "vote", iterations: 1 } });
    expect(json).toMatchObject({ routing_reason: "vote-single-response", response: { selected: 0 } });
    expect(network.mock.calls()).toHaveLength(1);
  });
});

describe("refine", () => {
  it("S1-14: an answer and k improvements by the same model, 0 being two", async () => {
    network.mock.plan("up-gpt", { texts: ["draft", "better", "best"] });
    const { status, json } = await ask({ orchestration: { mode: "refine", primary_model_id: "gpt-test" } });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      negotiated_model: "gpt-test",
      routing_reason: "refine-orchestration",
      response: { refined_response: "best", iterations: 2, model: "gpt-test" },
    });
    expect(calledModels(network)).toEqual(["up-gpt", "up-gpt", "up-gpt"]);
    network.mock.clearCalls();
    await ask({ orchestration: { mode: "refine", iterations: 3, primary_model_id: "gpt-test" } });
    expect(network.mock.calls()).toHaveLength(4);
  });
});

describe("every mode", () => {
  it("S1d-17: output_schema, as text or object, binds the final answer and not what is said about it", async () => {
    const schema = { type: "object", required: ["name"], properties: { name: { type: "string" } } };
    network.mock.plan("up-gpt", {
      texts: ["no json", 'Here: ```json\n{"name": "x"}\n```', "no json", "still none"],
    });
    network.mock.plan("up-claude", { text: "critique" });
    const orchestration = { mode: "adversarial", ...cast, stop_when_accepted: false };
    const good = await ask({ orchestration: { ...orchestration, output_schema: JSON.stringify(schema) } });
    expect(good.json["response"]).toMatchObject({ initial_plan: "no json", refined_plan: '{"name": "x"}' });
    const bad = await ask({ orchestration: { ...orchestration, output_schema: schema } });
    expect(bad.status).toBe(502);
    expect(bad.json).toMatchObject({
      error: { code: "output_schema_failed" },
      run: { status: "succeeded", phases: [{}, {}, {}] },
    });
  });

  it("S1d-17: include_decision shows the whole run, with every phase's model, usage and cost", async () => {
    const { json, headers } = await ask({
      orchestration: { mode: "adversarial", ...cast, include_decision: true },
    });
    expect(json["tokenhub"]).toMatchObject({
      run: {
        id: headers.get("x-tokenhub-run"),
        object: "orchestration",
        worst_case_cost_usd: expect.any(Number) as number,
        phases: [
          { id: "plan.1", role: "planner", model: "gpt-test", cost_usd: expect.any(Number) as number },
          {
            id: "critique.1",
            role: "critic",
            model: "claude-test",
            input_tokens: expect.any(Number) as number,
          },
          { id: "refine.1", role: "planner", model: "gpt-test", output_tokens: expect.any(Number) as number },
        ],
      },
    });
    expect(headers.get("link")).toBe(`</v1/orchestrations/${headers.get("x-tokenhub-run")}>; rel="related"`);
  });

  it("a named model that fails is replaced, unless the caller forbids it", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl") });
    own.mock.plan("up-claude", { steps: [{ kind: "status", status: 401, repeat: true }] });
    const replaced = await plan(own, { orchestration: { mode: "adversarial", ...cast } });
    expect(replaced.status).toBe(200);
    const strict = await plan(own, {
      orchestration: { mode: "adversarial", ...cast, allow_fallback: false },
    });
    expect(strict.status).toBeGreaterThanOrEqual(500);
    expect(strict.json["run"]).toMatchObject({ status: "failed" });
  });

  it("the run can be looked at afterwards where the link points", async () => {
    const { headers, json } = await ask({ orchestration: { mode: "adversarial", ...cast } });
    const link = /<([^>]+)>/.exec(headers.get("link") ?? "")?.[1] ?? "";
    const shown = await fetch(network.url + link, { headers: { authorization: `Bearer ${network.apiKey}` } });
    expect(shown.status).toBe(200);
    expect(await shown.json()).toMatchObject({
      id: json["run_id"],
      status: "succeeded",
      mode: "adversarial",
    });
  });
});
