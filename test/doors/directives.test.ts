import { monitorRedis, startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { postJson } from "./post-json.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => network.mock.clearCalls());

const doors = {
  chat: (content: string) => ({
    path: "/v1/chat",
    body: { request: { messages: [{ role: "user", content }] } },
  }),
  "chat/completions": (content: string) => ({
    path: "/v1/chat/completions",
    body: { messages: [{ role: "user", content }] },
  }),
  messages: (content: string) => ({
    path: "/v1/messages",
    body: { max_tokens: 50, messages: [{ role: "user", content: [{ type: "text", text: content }] }] },
  }),
  responses: (content: string) => ({
    path: "/v1/responses",
    body: {
      instructions: content,
      input: [{ role: "user", content: [{ type: "input_text", text: content }] }],
    },
  }),
};
const names = Object.keys(doors) as (keyof typeof doors)[];

function send(door: keyof typeof doors, content: string) {
  const { path, body } = doors[door](content);
  return postJson(network, path, { body });
}

it.each(names)(
  "S1-15, S1d-14, S1d-15: on %s a block or a line steers the routing; unknown keys change nothing",
  async (door) => {
    const block = "@@tokenhub\nmax_cost=0.0015\nfavourite_colour=blue\n@@end\nhello";
    const line = "@@tokenhub strategy=highest_weight min_context=150000\nhello";
    expect((await send(door, block)).headers.get("x-tokenhub-model")).toBe("spare-test");
    expect((await send(door, line)).headers.get("x-tokenhub-model")).toBe("claude-test");
  },
);

it.each(names)("S1d-8: on %s no directive text reaches a provider, a log line or Redis", async (door) => {
  using monitor = await monitorRedis(inject("redisUrl"));
  const marked = "@@tokenhub mode=cheap colour=verysecretcolour\nkeep this";
  const history = [
    { role: "user", content: "@@tokenhub budget=1 colour=verysecretcolour\nfirst" },
    { role: "assistant", content: "so you wrote\n@@tokenhub colour=verysecretcolour" },
    { role: "user", content: marked },
  ];
  await send(door, marked);
  if (door !== "messages") await postJson(network, "/v1/chat/completions", { body: { messages: history } });
  const seen = JSON.stringify(network.mock.calls()) + network.logLines.join("");
  expect(seen).toContain("keep this");
  const own = monitor.lines.filter((line) => line.includes(network.redisPrefix));
  expect(own.length).toBeGreaterThan(0);
  for (const text of [seen, ...own]) expect(text).not.toMatch(/verysecretcolour|@@tokenhub/);
});

it.each([
  ["budget=0", "budget"],
  ["budget=100.01", "budget"],
  ["latency=300001", "latency"],
  ["min_weight=-1", "min_weight"],
  ["mode=bogus", "mode"],
  ["iterations=6", "iterations"],
  ["output_format=pdf", "output_format"],
])("S1d-16, S1d-18, D13: the directive %s is a 400 that names %s and not the value", async (text, key) => {
  const { status, json } = await send("chat", `@@tokenhub ${text}\nhello`);
  expect(status).toBe(400);
  expect(json["error"]).toMatchObject({ code: "invalid_directive", param: key });
  expect((json["error"] as { message: string }).message).toContain(key);
  expect(network.mock.calls()).toHaveLength(0);
});

it("S1d-16: a block without its end is a 400, in each caller's own error shape, and nothing leaks to a provider", async () => {
  const open = "@@tokenhub\nmode=cheap\nhello";
  const [native, openai, anthropic] = [
    await send("chat", open),
    await send("chat/completions", open),
    await send("messages", open),
  ];
  expect([native.status, openai.status, anthropic.status]).toEqual([400, 400, 400]);
  expect(native.json["error"]).toMatchObject({ code: "invalid_directive" });
  expect(openai.json["error"]).toMatchObject({ code: "invalid_directive", type: "invalid_request_error" });
  expect(anthropic.json).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
  expect(network.mock.calls()).toHaveLength(0);
});

it("S1d-17: output_format, include_decision and model work in-band", async () => {
  network.mock.plan("up-gpt", { text: 'Here it is:\n```json\n{"a": 1}\n```' });
  const { json } = await send(
    "chat",
    "@@tokenhub model=gpt-test output_format=json include_decision=true\nhello",
  );
  expect(json).toMatchObject({
    negotiated_model: "gpt-test",
    response: { choices: [{ message: { content: '{"a": 1}' } }] },
    tokenhub: { decision: { reason: "named" } },
  });
  network.mock.plan("up-gpt", {});
});

it("a directive wins over the body's policy", async () => {
  const { json } = await postJson(network, "/v1/chat", {
    body: {
      request: { messages: [{ role: "user", content: "@@tokenhub strategy=cheapest\nhello" }] },
      policy: { strategy: "highest_weight" },
    },
  });
  expect(json["negotiated_model"]).toBe("spare-test");
});
