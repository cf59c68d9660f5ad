import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { postJson } from "../doors/post-json.ts";
import { cast, phasesOf, plan, type NativeRun } from "./door-bench.ts";

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
const adversarial = { mode: "adversarial", ...cast };
const refusal = { kind: "status", status: 400, message: "no", repeat: true } as const;

describe("what is found before anything is paid", () => {
  it.each([
    ["an unknown mode", { mode: "dance" }, 400, "orchestration.mode"],
    ["iterations of 11", { mode: "adversarial", iterations: 11 }, 400, "orchestration.iterations"],
    ["iterations of -1", { mode: "vote", iterations: -1 }, 400, "orchestration.iterations"],
    ["iterations of 1.5", { mode: "refine", iterations: 1.5 }, 400, "orchestration.iterations"],
    ["iterations as a text", { mode: "refine", iterations: "2" }, 400, "orchestration.iterations"],
    [
      "an unknown first model",
      { mode: "vote", primary_model_id: "none" },
      404,
      "orchestration.primary_model_id",
    ],
    ["an unknown reviewer", { mode: "vote", review_model_id: "none" }, 404, "orchestration.review_model_id"],
    ["a weight below 0", { mode: "vote", primary_min_weight: -1 }, 400, "orchestration.primary_min_weight"],
    ["a schema that is no JSON", { mode: "vote", output_schema: "{" }, 400, "output_schema"],
    ["a schema that is a number", { mode: "vote", output_schema: 7 }, 400, "orchestration.output_schema"],
    ["a schema as text that holds a number", { mode: "vote", output_schema: "7" }, 400, "output_schema"],
    [
      "a schema with an impossible pattern",
      { output_schema: { type: "object", patternProperties: { "(": true } } },
      400,
      "output_schema",
    ],
    [
      "an option of no phase",
      { mode: "vote", options: { max_tokens: { sing: 5 } } },
      400,
      "orchestration.options.max_tokens.sing",
    ],
    ["no object", "vote", 400, "orchestration"],
  ])("S2-13, D13: %s is refused by its name", async (_what, orchestration, status, param) => {
    const answer = await ask({ rest: { orchestration } });
    expect(answer.status).toBe(status);
    expect(answer.json["error"]).toMatchObject({ param, request_id: expect.any(String) as string });
    expect(network.mock.calls()).toHaveLength(0);
    expect(answer.headers.has("x-tokenhub-run")).toBe(false);
  });

  it("D13: iterations of 10 are taken", async () => {
    expect((await ask({ orchestration: { mode: "refine", iterations: 10 } })).status).toBe(200);
    expect(network.mock.calls()).toHaveLength(11);
  });

  it("an unknown mode is told which modes there are", async () => {
    const { json } = await ask({ orchestration: { mode: "dance" } });
    expect((json["error"] as { message: string }).message).toContain("planning, adversarial, vote, refine");
  });

  it("several choices, a stream of a plan and a part that no model can play are refused", async () => {
    const choices = await ask({ request: { parameters: { n: 2 } }, orchestration: { mode: "vote" } });
    expect([choices.status, choices.json["error"]]).toMatchObject([400, { param: "n" }]);
    const stream = await ask({ request: { stream: true } });
    expect([stream.status, stream.json["error"]]).toMatchObject([400, { param: "request.stream" }]);
    const nobody = await ask({ orchestration: { mode: "adversarial", review_min_weight: 1_000 } });
    expect([nobody.status, nobody.json["error"]]).toMatchObject([400, { code: "no_eligible_model" }]);
    expect(network.mock.calls()).toHaveLength(0);
  });

  it("a worst case above max_budget_usd is refused with both numbers, one below it runs", async () => {
    const body = (usd: number) => ({
      request: { parameters: { max_tokens: 1_000 } },
      orchestration: adversarial,
      rest: { policy: { max_budget_usd: usd } },
    });
    const refused = await ask(body(0.001));
    expect([refused.status, refused.json["error"]]).toMatchObject([
      429,
      { code: "budget_exceeded", param: "max_budget_usd" },
    ]);
    expect((refused.json["error"] as { message: string }).message).toMatch(/up to \$0\.\d+ .* \$0\.001\b/);
    expect(network.mock.calls()).toHaveLength(0);
    expect((await ask(body(1))).status).toBe(200);
  });
});

describe("what goes wrong in the middle", () => {
  it("a judge that answers nonsense leaves the first answer, and says so", async () => {
    network.mock.plan("up-claude", { text: "Both are lovely." });
    const { status, json } = await ask({
      orchestration: { mode: "vote", iterations: 2, review_model_id: "claude-test" },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      routing_reason: "vote-judge-failed",
      response: { selected: 0, judge_reason: expect.stringContaining("named no winner") as string },
    });
  });

  it("a judge that fails leaves the first answer, too", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl") });
    own.mock.plan("up-claude", { steps: [refusal] });
    const { status, json } = await plan(own, {
      orchestration: { mode: "vote", iterations: 2, review_model_id: "claude-test", allow_fallback: false },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      routing_reason: "vote-judge-failed",
      response: { selected: 0, judge: null },
    });
  });

  it("a critic that refuses to criticise is a critique like any other: the plan is refined by it", async () => {
    network.mock.plan("up-claude", { text: "I'm sorry, but I cannot help with that." });
    const { status, json } = await ask({ orchestration: adversarial });
    expect(status).toBe(200);
    expect(json["response"]).toMatchObject({ critique: "I'm sorry, but I cannot help with that." });
    expect(network.mock.calls()).toHaveLength(3);
  });

  it("a critic whose call fails ends the run with its error, and the plan that is paid for comes along", async () => {
    network.mock.plan("up-gpt", { text: "the plan" });
    network.mock.plan("up-claude", { steps: [refusal] });
    const { status, json, headers } = await ask({ orchestration: { ...adversarial, allow_fallback: false } });
    expect([status, json["error"]]).toMatchObject([400, { code: "provider_bad_request" }]);
    expect(headers.get("x-tokenhub-run")).toBe((json["run"] as { id: string }).id);
    expect(json["run"]).toMatchObject({ status: "failed", artefacts: { initial_plan: "the plan" } });
    expect(phasesOf(json).map(({ id, status: ended }) => [id, ended])).toEqual([
      ["plan.1", "succeeded"],
      ["critique.1", "failed"],
    ]);
  });

  it("one of three voters failing leaves two and the judge; all failing is the first one's error", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl") });
    own.mock.plan("up-spare", { steps: [refusal] });
    const two = await plan(own, {
      orchestration: { mode: "vote" },
      rest: { policy: { allow_escalation: false } },
    });
    expect(two.status).toBe(200);
    expect((two.json["response"] as { responses: unknown[] }).responses).toHaveLength(2);
    for (const upstream of ["up-gpt", "up-claude"]) own.mock.plan(upstream, { steps: [refusal] });
    const none = await plan(own, {
      orchestration: { mode: "vote" },
      rest: { policy: { allow_escalation: false } },
    });
    expect([none.status, none.json["error"]]).toMatchObject([400, { code: "provider_bad_request" }]);
    expect(phasesOf(none.json).map(({ role, status }) => [role, status])).toEqual([
      ["voter", "failed"],
      ["voter", "failed"],
      ["voter", "failed"],
    ]);
  });

  it("a provider that never answers ends the run at the request's deadline, with what was paid before", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl") });
    own.mock.plan("up-gpt", { text: "the plan" });
    own.mock.plan("up-claude", { steps: [{ kind: "hang", repeat: true }] });
    const { status, json } = await plan(own, {
      orchestration: { ...adversarial, allow_fallback: false },
      headers: { "x-tokenhub-timeout-ms": "1500" },
    });
    expect(status).toBe(504);
    expect(["deadline_exceeded", "sync_wait_timeout"]).toContain((json["error"] as { code: string }).code);
    expect(phasesOf(json)[0]).toMatchObject({ id: "plan.1", status: "succeeded", output: "the plan" });
  });

  it("a budget that is reached in the middle stops the run before the next call", async () => {
    // Far more tokens than any estimate: the first call alone costs $2.
    network.mock.plan("up-gpt", { text: "the plan", usage: { inputTokens: 1_000_000, outputTokens: 10 } });
    const { status, json } = await ask({
      orchestration: adversarial,
      rest: { policy: { max_budget_usd: 0.5 } },
    });
    expect([status, json["error"]]).toMatchObject([429, { code: "budget_exceeded" }]);
    expect(phasesOf(json).map(({ id, status: ended }) => [id, ended])).toEqual([["plan.1", "succeeded"]]);
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("every shape of error carries the phases: OpenAI's and Anthropic's too", async () => {
    network.mock.plan("up-claude", { steps: [refusal] });
    const messages = [{ role: "user", content: "Design a system" }];
    const tokenhub = { orchestration: { ...cast, allow_fallback: false } };
    const body = { model: "tokenhub/adversarial", messages, tokenhub };
    const openai = await postJson(network, "/v1/chat/completions", { body });
    expect(openai.json["error"]).toMatchObject({
      type: "invalid_request_error",
      code: "provider_bad_request",
    });
    const anthropic = await postJson(network, "/v1/messages", { body: { ...body, max_tokens: 50 } });
    expect(anthropic.json).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    for (const { json } of [openai, anthropic])
      expect(phasesOf(json).map(({ id }) => id)).toEqual(["plan.1", "critique.1"]);
  });
});

describe("a caller who goes away", () => {
  it("stops the run: no further phase is begun", async () => {
    network.mock.plan("up-gpt", { latencyMs: 600 });
    const gone = new AbortController();
    const answer = fetch(`${network.url}/v1/adversarial`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
      body: JSON.stringify({
        prompt: "Design a system",
        planner_model: "gpt-test",
        critic_model: "claude-test",
      }),
      signal: gone.signal,
    });
    await expect.poll(() => network.mock.calls().length).toBe(1);
    gone.abort();
    await expect(answer).rejects.toThrow(/abort/i);
    await expect
      .poll(
        async () => {
          const listed = await fetch(`${network.url}/v1/orchestrations?status=cancelled`, {
            headers: { authorization: `Bearer ${network.apiKey}` },
          });
          return ((await listed.json()) as { data: unknown[] }).data.length;
        },
        { timeout: 10_000 },
      )
      .toBe(1);
    expect(network.mock.calls()).toHaveLength(1);
  });
});
