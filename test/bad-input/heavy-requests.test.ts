import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { withBoundlessModels } from "./boundless-models.ts";
import { bodyWith, endpoints, startRefusalBench, type Endpoint, type RefusalBench } from "./refusal-bench.ts";

const neighbourLimitMs = 100;
const quickMs = 3_000;
/** Whatever a neighbour does, one of a few tries must be quick; all of them would be slow if the event loop were blocked. */
const tries = 3;

let bench: RefusalBench;
beforeAll(async () => {
  bench = await startRefusalBench({
    redisUrl: inject("redisUrl"),
    config: { models: withBoundlessModels() },
  });
});
afterAll(() => bench[Symbol.asyncDispose]());

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
  const done = (): void => {
    isDone = true;
  };
  heavy.then(done, done);
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
      members: {
        model: "boundless-claude",
        messages: [{ role: "user", content: "\u0001".repeat(megabyte / 6) }],
      },
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
    { kind: "wrong messages", members: { messages: manyOf({ role: "robot" }, 60_000) } },
    { kind: "numbers for messages", members: { messages: manyOf(1, 500_000) } },
    { kind: "numbers for parts", members: { messages: [{ role: "user", content: manyOf(1, 500_000) }] } },
    { kind: "wrong metadata", members: { metadata: { ...manyOf(1, 80_000) } } },
    { kind: "numbers for tools", members: { tools: manyOf(1, 500_000) } },
    { kind: "numbers to stop at", members: { stop: manyOf(1, 500_000) } },
    { kind: "unknown wishes", members: { tokenhub: { ...manyOf(1, 80_000) } } },
  ])("of $kind is refused quickly and holds nobody up", async ({ members }) => {
    const { path } = endpoints.chat;
    const body = bodyWith("chat", members);
    await bench.expectRefusal({ path, body }, { code: "invalid_request" });
    await expectQuietNeighbours(() => bench.send({ path, body }));
  });

  it.each([
    { kind: "messages", members: { messages: manyOf({ role: "user", content: "x" }, 30_000) } },
    {
      kind: "parts",
      members: { messages: [{ role: "user", content: manyOf({ type: "text", text: "x" }, 30_000) }] },
    },
    { kind: "unknown members", members: { ...manyOf(1, 80_000) } },
    { kind: "tools", members: { tools: manyOf({ type: "function", function: { name: "f" } }, 20_000) } },
    { kind: "texts to stop at", members: { stop: manyOf("x", 250_000) } },
  ])("of small $kind is served or refused in seconds", async ({ members }) => {
    for (const model of ["boundless-gpt", "boundless-claude"]) {
      const answer = await bench.send({
        path: endpoints.chat.path,
        body: bodyWith("chat", { model, ...members }),
      });
      expect([200, 400], answer.text.slice(0, 300)).toContain(answer.status);
      expect(answer.durationMs).toBeLessThan(quickMs);
    }
  });
});

function manyOf<Value>(value: Value, count: number): Value[] {
  return Array.from({ length: count }, () => value);
}
