import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  bodyWith,
  bodyWithText,
  endpoints,
  startRefusalBench,
  type Endpoint,
  type RefusalBench,
} from "./refusal-bench.ts";

const neighbourLimitMs = 100;
const quickMs = 3_000;
/** Whatever a neighbour does, one of a few tries must be quick; all of them would be slow if the event loop were blocked. */
const tries = 3;

let bench: RefusalBench;
beforeAll(async () => {
  bench = await startRefusalBench({ redisUrl: inject("redisUrl"), config: { models: await models() } });
});
afterAll(() => bench[Symbol.asyncDispose]());

async function models(): Promise<unknown> {
  const { mockUpstreams } = await import("@tokenhub/testkit");
  const { models: usual } = mockUpstreams("http://unused");
  return [
    ...(usual as unknown[]),
    { id: "boundless-gpt", provider: "openai-up", name: "up-boundless-gpt", context_size: 0 },
    { id: "boundless-claude", provider: "anthropic-up", name: "up-boundless-claude", context_size: 0 },
    {
      id: "boundless-embed",
      provider: "openai-up",
      name: "up-boundless-embed",
      context_size: 0,
      capabilities: ["embeddings"],
    },
  ];
}

interface Neighbours {
  readonly healthMs: number;
  readonly chatMs: number;
}

async function timed(work: () => Promise<number>): Promise<number> {
  const startedAtMs = performance.now();
  expect(await work()).toBe(200);
  return performance.now() - startedAtMs;
}

/** A small request and a health check, sent while the heavy one is under way. */
async function neighboursOf(heavy: Promise<unknown>): Promise<Neighbours> {
  let isDone = false;
  void heavy.finally(() => (isDone = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isDone).toBe(false);
  const small = { path: endpoints.chat.path, body: JSON.stringify(endpoints.chat.body) };
  const [healthMs, chatMs] = await Promise.all([
    timed(async () => (await bench.send({ path: "/healthz", method: "GET" })).status),
    timed(async () => (await bench.send(small)).status),
  ]);
  return { healthMs, chatMs };
}

async function expectQuietNeighbours(heavy: () => Promise<{ readonly durationMs: number }>): Promise<void> {
  const measured: Neighbours[] = [];
  for (let round = 0; round < tries; round += 1) {
    const running = heavy();
    measured.push(await neighboursOf(running));
    expect((await running).durationMs).toBeLessThan(quickMs);
    if (measured.some((times) => Math.max(times.healthMs, times.chatMs) < neighbourLimitMs)) return;
  }
  expect.fail(`neighbours waited ${JSON.stringify(measured)} ms`);
}

const megabyte = 1_000_000;

describe("a megabyte in one word", () => {
  const word = "w".repeat(megabyte);
  const cases: readonly {
    readonly kind: string;
    readonly endpoint: Endpoint;
    readonly members: object;
    readonly status: number;
  }[] = [
    {
      kind: "in a chat to a model of the same format",
      endpoint: "chat",
      members: { model: "boundless-gpt", messages: [{ role: "user", content: word }] },
      status: 200,
    },
    {
      kind: "in a chat to a model of the other format",
      endpoint: "chat",
      members: { model: "boundless-claude", messages: [{ role: "user", content: word }] },
      status: 200,
    },
    {
      kind: "in a message to a model of the same format",
      endpoint: "messages",
      members: { model: "boundless-claude", messages: [{ role: "user", content: word }] },
      status: 200,
    },
    {
      kind: "in a message to a model of the other format",
      endpoint: "messages",
      members: { model: "boundless-gpt", messages: [{ role: "user", content: word }] },
      status: 200,
    },
    {
      kind: "to embed",
      endpoint: "embeddings",
      members: { model: "boundless-embed", input: word },
      status: 200,
    },
    {
      kind: "for a model whose context is too small",
      endpoint: "chat",
      members: { messages: [{ role: "user", content: word }] },
      status: 400,
    },
    {
      kind: "of letters that take three bytes",
      endpoint: "chat",
      members: { model: "boundless-gpt", messages: [{ role: "user", content: "語".repeat(megabyte / 3) }] },
      status: 200,
    },
    {
      kind: "of escapes",
      endpoint: "chat",
      members: { model: "boundless-claude", messages: [{ role: "user", content: "\u0001".repeat(megabyte / 6) }] },
      status: 200,
    },
  ];

  it.each(cases)("$kind is settled quickly and holds nobody up", async ({ endpoint, members, status }) => {
    const { path } = endpoints[endpoint];
    const body = bodyWith(endpoint, { ...members });
    await expectQuietNeighbours(async () => {
      const answer = await bench.send({ path, body });
      expect(answer.status, answer.text.slice(0, 300)).toBe(status);
      return answer;
    });
  });

  it.each([
    { kind: "many messages", members: { messages: manyOf({ role: "user", content: "x" }, 30_000) } },
    { kind: "many parts", members: { messages: [{ role: "user", content: manyOf({ type: "text", text: "x" }, 30_000) }] } },
    { kind: "many wrong messages", members: { messages: manyOf({ role: "robot" }, 60_000) } },
    { kind: "many numbers", members: { messages: manyOf(1, 500_000) } },
    { kind: "many unknown members", members: Object.fromEntries(manyOf(0, 80_000).map((_, at) => [`m${at}`, at])) },
    { kind: "many metadata", members: { metadata: Object.fromEntries(manyOf(0, 80_000).map((_, at) => [`m${at}`, at])) } },
    { kind: "many tools", members: { tools: manyOf({ type: "function", function: { name: "f" } }, 20_000) } },
    { kind: "many stops", members: { stop: manyOf("x", 250_000) } },
  ])("$kind instead: settled quickly, and nobody is held up", async ({ members }) => {
    const body = bodyWith("chat", { model: "boundless-claude", ...members });
    await expectQuietNeighbours(async () => {
      const answer = await bench.send({ path: endpoints.chat.path, body });
      expect([200, 400], answer.text.slice(0, 300)).toContain(answer.status);
      return answer;
    });
  });
});

function manyOf<Value>(value: Value, count: number): Value[] {
  return Array.from({ length: count }, () => value);
}

describe("ten thousand levels", () => {
  const levels = 10_000;
  const lists = "[".repeat(levels) + "]".repeat(levels);
  const objects = '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
  const nestedDocuments =
    '{"type":"document","source":{"type":"content","content":['.repeat(levels) + "]}}".repeat(levels);
  const nestedResults =
    '{"type":"tool_result","tool_use_id":"t","content":['.repeat(levels) + "]}".repeat(levels);

  const places: readonly { readonly place: string; readonly endpoint: Endpoint; readonly text: string }[] = [
    { place: "as an unknown member", endpoint: "chat", text: `"extra":${lists}` },
    { place: "as messages", endpoint: "chat", text: `"messages":${lists}` },
    { place: "as content", endpoint: "chat", text: `"messages":[{"role":"user","content":${lists}}]` },
    {
      place: "in a content part",
      endpoint: "chat",
      text: `"messages":[{"role":"user","content":[{"type":"text","text":"x","deep":${objects}}]}]`,
    },
    { place: "in a message", endpoint: "chat", text: `"messages":[{"role":"user","content":"x","deep":${objects}}]` },
    { place: "in an audio member", endpoint: "chat", text: `"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"x","audio":${objects}},{"role":"user","content":"x"}]` },
    {
      place: "as tool parameters",
      endpoint: "chat",
      text: `"tools":[{"type":"function","function":{"name":"f","parameters":${objects}}}]`,
    },
    {
      place: "as an output schema",
      endpoint: "chat",
      text: `"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":${'{"items":'.repeat(levels)}{}${"}".repeat(levels)}}}`,
    },
    { place: "as a tool choice", endpoint: "chat", text: `"tool_choice":{"type":"function","function":${objects}}` },
    { place: "as stream options", endpoint: "chat", text: `"stream_options":{"deep":${objects}},"stream":true` },
    { place: "as wishes", endpoint: "chat", text: `"tokenhub":${objects}` },
    { place: "as an unknown member", endpoint: "messages", text: `"extra":${objects}` },
    { place: "as a system prompt", endpoint: "messages", text: `"system":${lists}` },
    { place: "as a tool's schema", endpoint: "messages", text: `"tools":[{"name":"f","input_schema":${objects}}]` },
    {
      place: "as the input of an earlier tool call",
      endpoint: "messages",
      text: `"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":${objects}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x"}]}]`,
    },
    {
      place: "as documents in documents",
      endpoint: "messages",
      text: `"messages":[{"role":"user","content":[${nestedDocuments}]}]`,
    },
    {
      place: "as tool results in tool results",
      endpoint: "messages",
      text: `"messages":[{"role":"user","content":[${nestedResults}]}]`,
    },
    {
      place: "as a block of another kind",
      endpoint: "messages",
      text: `"messages":[{"role":"user","content":[{"type":"x","deep":${objects}}]}]`,
    },
    { place: "as a thinking member", endpoint: "messages", text: `"thinking":{"type":"x","deep":${objects}}` },
    { place: "as metadata", endpoint: "messages", text: `"metadata":{"user_id":"x","deep":${objects}}` },
    { place: "as input", endpoint: "embeddings", text: `"input":${lists}` },
    { place: "as an unknown member", endpoint: "embeddings", text: `"extra":${lists}` },
  ];

  it.each(places)("$endpoint $place: served or refused quickly, by either provider", async ({ endpoint, text }) => {
    const targets = endpoint === "embeddings" ? ["boundless-embed"] : ["boundless-gpt", "boundless-claude"];
    for (const model of targets) {
      const body = bodyWithText(endpoint, `"model":"${model}",${text}`);
      await expectQuietNeighbours(async () => {
        const answer = await bench.send({ path: endpoints[endpoint].path, body });
        expect([200, 400], `${model}: ${answer.text.slice(0, 300)}`).toContain(answer.status);
        return answer;
      });
    }
  });

  it("a million levels are refused or served as well", async () => {
    const many = 1_000_000;
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const deep = `${open.repeat(many)}1${close.repeat(many)}`;
      for (const body of [deep, bodyWithText("chat", `"model":"boundless-claude","extra":${deep}`)]) {
        const answer = await bench.send({ path: endpoints.chat.path, body });
        expect([200, 400], answer.text.slice(0, 300)).toContain(answer.status);
      }
    }
    await bench.expectHealthy();
  });
});
