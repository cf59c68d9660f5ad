import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { withBoundlessModels } from "./boundless-models.ts";
import {
  bodyWith,
  endpoints,
  startRefusalBench,
  unlessOneOf,
  type BadRequest,
  type Endpoint,
  type RefusalBench,
} from "./refusal-bench.ts";

const neighbourLimitMs = 100;
const quickMs = 3_000;
/** Whatever a neighbour does, one of a few tries must be quick; all of them would be slow if the event loop were blocked. */
const tries = 8;

let bench: RefusalBench;
beforeAll(async () => {
  bench = await startRefusalBench({
    redisUrl: inject("redisUrl"),
    config: { models: withBoundlessModels() },
  });
});
afterAll(() => bench[Symbol.asyncDispose]());

interface Round {
  readonly heavyMs: number;
  readonly healthMs: number;
  readonly chatMs: number;
}

/** Sends the heavy request, and a health check and a small request beside it. */
async function playRound(heavy: BadRequest, statuses: readonly number[]): Promise<Round> {
  const running = bench.send(heavy);
  await new Promise((resolve) => setImmediate(resolve));
  const small = { path: endpoints.chat.path, body: JSON.stringify(endpoints.chat.body) };
  const [health, chat, answer] = await Promise.all([
    bench.send({ path: "/healthz", method: "GET" }),
    bench.send(small),
    running,
  ]);
  const trouble = unlessOneOf([200], health) ?? unlessOneOf([200], chat) ?? unlessOneOf(statuses, answer);
  if (trouble !== null) throw new Error(trouble);
  return { heavyMs: answer.durationMs, healthMs: health.durationMs, chatMs: chat.durationMs };
}

/** The quietest of a few rounds; of a round that is quiet enough no other is needed. */
async function quietestRound(heavy: BadRequest, statuses: readonly number[]): Promise<Round> {
  const rounds: Round[] = [];
  const worst = ({ healthMs, chatMs }: Round): number => Math.max(healthMs, chatMs);
  for (let index = 0; index < tries; index += 1) {
    const round = await playRound(heavy, statuses);
    if (worst(round) < neighbourLimitMs) return round;
    rounds.push(round);
  }
  return rounds.toSorted((left, right) => worst(left) - worst(right))[0] ?? playRound(heavy, statuses);
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
    const heavy = { path: endpoints[endpoint].path, body: bodyWith(endpoint, { ...members }) };
    const { heavyMs, healthMs, chatMs } = await quietestRound(heavy, [status]);
    expect(heavyMs).toBeLessThan(quickMs);
    expect(Math.max(healthMs, chatMs)).toBeLessThan(neighbourLimitMs);
  });

  it.each([
    { kind: "wrong messages", members: { messages: manyOf({ role: "robot" }, 60_000) } },
    { kind: "numbers for messages", members: { messages: manyOf(1, 500_000) } },
    { kind: "numbers for parts", members: { messages: [{ role: "user", content: manyOf(1, 500_000) }] } },
    { kind: "wrong metadata", members: { metadata: manyMembers(20_000) } },
    { kind: "numbers for tools", members: { tools: manyOf(1, 500_000) } },
    { kind: "numbers to stop at", members: { stop: manyOf(1, 500_000) } },
    { kind: "unknown wishes", members: { tokenhub: manyMembers(20_000) } },
  ])("of $kind is refused quickly and holds nobody up", async ({ members }) => {
    const heavy = { path: endpoints.chat.path, body: bodyWith("chat", members) };
    expect(await bench.faultsOf(heavy, { code: "invalid_request" })).toEqual([]);
    const { healthMs, chatMs } = await quietestRound(heavy, [400]);
    expect(Math.max(healthMs, chatMs)).toBeLessThan(neighbourLimitMs);
  });

  it.each<{ readonly kind: string; readonly members: object }>([
    { kind: "messages", members: { messages: manyOf({ role: "user", content: "x" }, 30_000) } },
    {
      kind: "parts",
      members: { messages: [{ role: "user", content: manyOf({ type: "text", text: "x" }, 30_000) }] },
    },
    { kind: "unknown members", members: manyMembers(80_000) },
    { kind: "tools", members: { tools: manyOf({ type: "function", function: { name: "f" } }, 20_000) } },
    { kind: "texts to stop at", members: { stop: manyOf("x", 250_000) } },
  ])("of small $kind is served or refused in seconds", async ({ members }) => {
    for (const model of ["boundless-gpt", "boundless-claude"]) {
      const body = bodyWith("chat", Object.assign({ model }, members));
      const answer = await bench.send({ path: endpoints.chat.path, body });
      expect(unlessOneOf([200, 400], answer)).toBeNull();
      expect(answer.durationMs).toBeLessThan(quickMs);
    }
  });
});

function manyOf<Value>(value: Value, count: number): Value[] {
  return Array.from({ length: count }, () => value);
}

function manyMembers(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, index]));
}
