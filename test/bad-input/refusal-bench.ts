import { errorTable, type ErrorCode } from "@tokenhub/contracts";
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { Agent, request } from "undici";
import { expect } from "vitest";

/** Stands in every prompt of these tests, and must stand in no answer to a bad request. */
export const prompt = "a-prompt-nobody-else-may-read";
export const wrongKey = "tokenhub_wrong_key_0123456789";

export const endpoints = {
  chat: {
    path: "/v1/chat/completions",
    surface: "openai",
    body: { model: "gpt-test", messages: [{ role: "user", content: prompt }] },
  },
  messages: {
    path: "/v1/messages",
    surface: "anthropic",
    body: { model: "claude-test", max_tokens: 50, messages: [{ role: "user", content: prompt }] },
  },
  embeddings: {
    path: "/v1/embeddings",
    surface: "openai",
    body: { model: "embed-test", input: prompt },
  },
} as const;
export type Endpoint = keyof typeof endpoints;
export const endpointNames = ["chat", "messages", "embeddings"] as const;

export interface BadRequest {
  readonly path: string;
  readonly method?: string;
  /** Undefined takes a default header away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly durationMs: number;
}

export interface Refusal {
  readonly code: ErrorCode;
  /** The field at fault: the reported path is this one or lies in it. */
  readonly param?: string;
  /** What the message must say. */
  readonly says?: RegExp;
}

/** A network, a client with warm connections, and eyes on Redis and on the upstream. */
export interface RefusalBench extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly port: number;
  send(bad: BadRequest): Promise<Answer>;
  /** Sends it and checks everything that is true of every refusal; the answer is given back for more. */
  expectRefusal(bad: BadRequest, refusal: Refusal): Promise<Answer>;
  /** Checks the answer alone, for those that came another way. */
  expectRefusalAnswer(
    answer: Pick<Answer, "status" | "headers" | "text">,
    path: string,
    refusal: Refusal,
  ): void;
  /** Every key in Redis that belongs to some request: jobs, bodies, call rows, results, logs. */
  requestTraces(): Promise<string[]>;
  /** An ordinary request is answered with 200. */
  expectHealthy(): Promise<void>;
}

/** Generous for a busy machine; the fastest of a few tries counts, because what is measured is the gateway, not the machine. */
const refusalLimitMs = 100;
const timedTries = 3;

export async function startRefusalBench(options: TestNetworkOptions): Promise<RefusalBench> {
  await using stack = new AsyncDisposableStack();
  const network = stack.use(await startTestNetwork(options));
  const redis = stack.adopt(new Redis(options.redisUrl), (client) => client.disconnect());
  const agent = stack.adopt(new Agent({ connections: 32 }), (pool) => pool.destroy());

  async function send({ path, method = "POST", headers = {}, body }: BadRequest): Promise<Answer> {
    const startedAtMs = performance.now();
    const all = {
      "content-type": "application/json",
      authorization: `Bearer ${network.apiKey}`,
      ...headers,
    };
    const stated = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await request(network.url + path, {
      method,
      dispatcher: agent,
      headersTimeout: 20_000,
      bodyTimeout: 20_000,
      headers: Object.fromEntries(stated),
      body: body ?? null,
    });
    const text = await response.body.text();
    const durationMs = performance.now() - startedAtMs;
    return { status: response.statusCode, headers: response.headers, text, durationMs };
  }

  async function requestTraces(): Promise<string[]> {
    const traces: string[] = [];
    let cursor = "0";
    do {
      const [next, keys] = await redis.scan(cursor, "MATCH", `{${network.redisPrefix}}:*`, "COUNT", 2_000);
      cursor = next;
      traces.push(...keys.filter((key) => key.includes("req_")));
    } while (cursor !== "0");
    return traces;
  }

  function expectRefusalAnswer(
    answer: Pick<Answer, "status" | "headers" | "text">,
    path: string,
    { code, param, says }: Refusal,
  ): void {
    const row = errorTable[code];
    const requestId = String(answer.headers["x-request-id"]);
    expect.soft(answer.text, "the prompt in the answer").not.toContain(prompt);
    expect.soft(answer.text, "a key in the answer").not.toContain(network.apiKey);
    expect.soft(answer.text, "a key in the answer").not.toContain(wrongKey);
    expect.soft(requestId).toMatch(/^req_[0-9a-z]{16,64}$/);
    expect.soft(answer.headers["x-should-retry"]).toBe("false");
    expect.soft(String(answer.headers["content-type"])).toMatch(/^application\/json/);
    const message = expect.stringMatching(/^[A-Za-z`].{10,500}[.?]$/s);
    const body: unknown = JSON.parse(answer.text);
    if (path.startsWith("/v1/messages")) {
      expect(body).toEqual({
        type: "error",
        error: { type: row.anthropicType, message },
        request_id: requestId,
      });
    } else {
      const at: unknown = expect.toSatisfy((reported: unknown) => isAt(reported, param));
      expect(body).toEqual({ error: { message, type: row.openAiType, param: at, code } });
    }
    expect(answer.status).toBe(row.status);
    if (says !== undefined) expect(answer.text).toMatch(says);
  }

  async function expectRefusal(bad: BadRequest, refusal: Refusal): Promise<Answer> {
    const before = new Set(await requestTraces());
    const callsBefore = network.mock.calls().length;
    let answer = await send(bad);
    for (let tries = 1; answer.durationMs > refusalLimitMs && tries < timedTries; tries += 1)
      answer = await send(bad);
    expectRefusalAnswer(answer, bad.path, refusal);
    expect(answer.durationMs, "milliseconds to the answer").toBeLessThan(refusalLimitMs);
    const added = (await requestTraces()).filter((trace) => !before.has(trace));
    expect(added, "what Redis knows of the request").toEqual([]);
    expect(network.mock.calls().length - callsBefore, "upstream calls").toBe(0);
    return answer;
  }

  async function expectHealthy(): Promise<void> {
    const { path, body } = endpoints.chat;
    const answer = await send({ path, body: JSON.stringify(body) });
    expect(answer.status, answer.text).toBe(200);
  }

  for (const { path, body } of Object.values(endpoints)) {
    await send({ path, body: JSON.stringify(body) });
    await send({ path, body: "{" });
  }
  await expectHealthy();
  const resources = stack.move();
  return {
    network,
    port: network.gateway.port,
    send,
    expectRefusal,
    expectRefusalAnswer,
    requestTraces,
    expectHealthy,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The reported path is the field or lies in it; without a field any path of a decent length will do. */
function isAt(reported: unknown, field: string | undefined): boolean {
  if (field === undefined)
    return reported === null || (typeof reported === "string" && reported.length <= 300);
  return reported === field || (typeof reported === "string" && reported.startsWith(`${field}.`));
}

/** A valid body of the endpoint with other members, as JSON. */
export function bodyWith(endpoint: Endpoint, members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...endpoints[endpoint].body, ...members });
}

/** The members as JSON text put into a valid body, for what `JSON.stringify` would not write. */
export function bodyWithText(endpoint: Endpoint, membersText: string): string {
  return `${JSON.stringify(endpoints[endpoint].body).slice(0, -1)},${membersText}}`;
}
