import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { postJson, type JsonAnswer } from "../doors/post-json.ts";
import { calledModels, plan, upstreamCalls } from "./door-bench.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

const doors = {
  "nested chat": (content: string) => ({
    path: "/v1/chat",
    body: { request: { messages: [{ role: "user", content }] } },
  }),
  "flat chat": (content: string) => ({ path: "/v1/chat", body: { messages: [{ role: "user", content }] } }),
  "chat/completions": (content: string) => ({
    path: "/v1/chat/completions",
    body: { messages: [{ role: "user", content }] },
  }),
  messages: (content: string) => ({
    path: "/v1/messages",
    body: { max_tokens: 50, messages: [{ role: "user", content: [{ type: "text", text: content }] }] },
  }),
};
const names = Object.keys(doors) as (keyof typeof doors)[];

function send(door: keyof typeof doors, content: string): Promise<JsonAnswer> {
  const { path, body } = doors[door](content);
  return postJson(network, path, { body });
}

/** The final text, whatever the shape of the door. */
function textOf({ json }: JsonAnswer): string | undefined {
  const answer = json as {
    response?: string | { choices: { message: { content: string } }[] };
    choices?: { message: { content: string } }[];
    content?: { text: string }[];
  };
  const { response = answer } = answer;
  if (typeof response === "string") return response;
  return response.choices?.[0]?.message.content ?? answer.content?.[0]?.text;
}

describe.each(names)("a directive on %s", (door) => {
  it("S1-15, S1-59, S1d-14: a block with mode=adversarial, weights and iterations runs one, and the final answer is the answer", async () => {
    network.mock.plan("up-claude", { texts: ["plan 0", "plan 1", "plan 2"] });
    network.mock.plan("up-gpt", { texts: ["critique 1", "critique 2"] });
    const answer = await send(
      door,
      "@@tokenhub\nmode=adversarial\nprimary_min_weight=84\nreview_min_weight=75\niterations=2\n@@end\nDesign a system",
    );
    expect(answer.status).toBe(200);
    expect(textOf(answer)).toBe("plan 2");
    expect(calledModels(network)).toEqual(["up-claude", "up-gpt", "up-claude", "up-gpt", "up-claude"]);
    expect(answer.headers.get("x-tokenhub-reason")).toBe("adversarial-orchestration");
    expect(answer.headers.get("x-tokenhub-run")).toMatch(/^run_/);
    for (const { text } of upstreamCalls(network)) {
      expect(text).toContain("Design a system");
      expect(text).not.toContain("@@tokenhub");
    }
  });

  it.each([
    ["planning", 1],
    ["refine", 3],
    ["vote", 4],
  ])("S1-59: a line with mode=%s runs one of %i calls", async (mode, calls) => {
    const { status, headers } = await send(door, `@@tokenhub mode=${mode}\nDesign a system`);
    expect([status, network.mock.calls().length]).toEqual([200, calls]);
    expect(headers.get("x-tokenhub-run")).toMatch(/^run_/);
  });

  it("S1d-18: more than five iterations are refused in a directive", async () => {
    const { status } = await send(door, "@@tokenhub mode=refine iterations=6\nDesign a system");
    expect([status, network.mock.calls().length]).toEqual([400, 0]);
    const most = await send(door, "@@tokenhub mode=refine iterations=5\nDesign a system");
    expect([most.status, network.mock.calls().length]).toEqual([200, 6]);
  });

  it("S1d-15: a mode of routing stays one, and so does a directive behind the first 2 KB: text", async () => {
    await send(door, "@@tokenhub mode=cheap\nhello");
    await send(door, `${"x".repeat(2_100)}\n@@tokenhub mode=vote\nhello`);
    expect(network.mock.calls()).toHaveLength(2);
  });
});

it("S1d-17: return_plan_only, output_format and include_decision work in-band", async () => {
  network.mock.plan("up-gpt", { text: 'Here it is:\n```json\n{"a": 1}\n```' });
  const { json } = await send(
    "nested chat",
    "@@tokenhub mode=adversarial model=gpt-test return_plan_only=true output_format=json include_decision=true\nhello",
  );
  expect(json).toMatchObject({
    routing_reason: "adversarial-plan-only",
    response: { choices: [{ message: { content: '{"a": 1}' } }] },
    tokenhub: { run: { mode: "adversarial", phases: [{ id: "plan.1" }] } },
  });
});

it("S1-15: on /v1/plan a directive wins over the body", async () => {
  const { json } = await plan(network, {
    content: "@@tokenhub mode=refine iterations=1\nDesign a system",
    orchestration: { mode: "adversarial", iterations: 3 },
  });
  expect(json).toMatchObject({ routing_reason: "refine-orchestration", response: { iterations: 1 } });
  expect(network.mock.calls()).toHaveLength(2);
});

it("S1d-14: as a policy or a header, planning and adversarial are modes of routing, vote and refine are orchestrations", async () => {
  const ask = (policy: object, headers: Record<string, string> = {}) =>
    postJson(network, "/v1/chat", {
      body: { request: { messages: [{ role: "user", content: "hello" }] }, policy },
      headers,
    });
  for (const [mode, calls] of [
    ["planning", 1],
    ["adversarial", 1],
    ["refine", 3],
    ["vote", 4],
  ] as const) {
    network.mock.clearCalls();
    const { headers } = await ask({ mode });
    expect([mode, network.mock.calls().length]).toEqual([mode, calls]);
    expect(headers.has("x-tokenhub-run")).toBe(calls > 1);
    network.mock.clearCalls();
    await ask({}, { "x-tokenhub-mode": mode });
    expect([mode, network.mock.calls().length]).toEqual([mode, calls]);
  }
  network.mock.clearCalls();
  await ask({ mode: "cheap" }, { "x-tokenhub-mode": "vote" });
  expect(network.mock.calls()).toHaveLength(1);
});

describe("the prompts of /v1/completions", () => {
  it("S1d-8: no directive text in them reaches a provider", async () => {
    const prompt = "@@tokenhub mode=cheap colour=verysecretcolour\nOnce upon a time";
    const { status } = await postJson(network, "/v1/completions", { body: { prompt, max_tokens: 20 } });
    expect(status).toBe(200);
    const [call] = network.mock.calls();
    expect(JSON.stringify(call?.body)).toContain("Once upon a time");
    expect(JSON.stringify(call?.body)).not.toMatch(/@@tokenhub|verysecretcolour/);
  });

  it("S1d-14: they are no conversation, so an orchestration that is asked for otherwise is refused", async () => {
    for (const asked of [{ model: "tokenhub/vote" }, { tokenhub: { mode: "vote" } }]) {
      const { status, json } = await postJson(network, "/v1/completions", {
        body: { prompt: "x", ...asked },
      });
      expect([status, json["error"]]).toMatchObject([400, { code: "invalid_request" }]);
    }
    expect(network.mock.calls()).toHaveLength(0);
  });
});
