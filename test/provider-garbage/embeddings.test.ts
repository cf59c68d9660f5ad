import { errorTable, type ErrorCode } from "@tokenhub/contracts";
import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  goodEmbeddings,
  http,
  json,
  normalWord,
  startGarbageUpstream,
  type GarbageUpstream,
  type Misbehaviour,
} from "./garbage-upstream.ts";

interface EmbeddingsCase {
  readonly name: string;
  readonly answer: Misbehaviour;
  /** Null: the answer reaches the caller. */
  readonly code: ErrorCode | null;
}

const sends =
  (bytes: Buffer): Misbehaviour =>
  (socket) =>
    void socket.write(bytes);

const cases: readonly EmbeddingsCase[] = [
  {
    name: "JSON that breaks off",
    answer: sends(json(goodEmbeddings.slice(0, -9))),
    code: "provider_bad_response",
  },
  { name: "an empty body", answer: sends(json("")), code: "provider_bad_response" },
  { name: "an empty object", answer: sends(json("{}")), code: "provider_bad_response" },
  {
    name: "data of null",
    answer: sends(json('{"object":"list","data":null}')),
    code: "provider_bad_response",
  },
  {
    name: "a chat answer",
    answer: (socket, wire) => void socket.write(json(wire.body("hello"))),
    code: "provider_bad_response",
  },
  {
    name: "an HTML page",
    answer: sends(http("200 OK", { headers: { "content-type": "text/html" }, body: "<p>no</p>" })),
    code: "provider_bad_response",
  },
  {
    name: "an error in a 200",
    answer: sends(json('{"error":{"message":"it broke","type":"server_error"}}')),
    code: "provider_error",
  },
  { name: "a reset", answer: (socket) => void socket.resetAndDestroy(), code: "provider_unreachable" },
  {
    name: "usage beyond all numbers",
    answer: sends(json(goodEmbeddings.replaceAll(/:2\b/g, ":1e400"))),
    code: null,
  },
  { name: "no usage", answer: sends(json(goodEmbeddings.replace(/,"usage".*\}/, "}"))), code: null },
];

let network: TestNetwork;
let upstream: GarbageUpstream;
beforeAll(async () => {
  upstream = await startGarbageUpstream(new Map(cases.map(({ name, answer }) => [name, answer])));
  const config = {
    providers: cases.map(({ name }, at) => ({
      name: `p${at}`,
      type: "openai-compatible",
      base_url: upstream.urlOf(name),
    })),
    models: cases.map((_, at) => ({
      id: `m${at}`,
      provider: `p${at}`,
      name: "up",
      capabilities: ["embeddings"],
    })),
    aliases: {},
  };
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), config });
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

async function embed(
  model: string,
  input: string,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await fetch(`${network.url}/v1/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": network.apiKey },
    body: JSON.stringify({ model, input }),
    signal: AbortSignal.timeout(15_000),
  });
  return { status: answer.status, body: await answer.json() };
}

const refused = cases.flatMap(({ name, code }, at) =>
  code === null ? [] : [{ name, code, model: `m${at}` }],
);
const usable = cases.flatMap(({ name, code }, at) => (code === null ? [{ name, model: `m${at}` }] : []));

describe.concurrent("embeddings", () => {
  it.each(refused)("$name instead of a good answer is a classified error", async ({ model, code }) => {
    const { status, body } = await embed(model, "hello");
    expect(body).toMatchObject({ error: { code, type: "server_error", message: expect.any(String) } });
    expect(status).toBe(errorTable[code].status);
  });

  it.each(usable)("with $name reach the caller, and the next ones as well", async ({ model }) => {
    for (const input of ["hello", normalWord]) {
      const { status, body } = await embed(model, input);
      expect(body).toMatchObject({ model, data: [{ embedding: [0.6, 0.8] }] });
      expect(status).toBe(200);
    }
  });
});
