import { errorTable, type ErrorCode } from "@tokenhub/contracts";
import { startTestNetwork, testApiKey, type TestNetwork, type TestNetworkOptions } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { isDeepStrictEqual } from "node:util";
import { Agent, request } from "undici";
import { faultsAmong } from "./faults-among.ts";

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

/** A network, a client with warm connections, and eyes on Redis, on the logs and on the upstream. */
export interface RefusalBench extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly port: number;
  send(bad: BadRequest): Promise<Answer>;
  /** Sends it; what is wrong with the way it is refused, of all that is true of every refusal. */
  faultsOf(bad: BadRequest, refusal: Refusal): Promise<string[]>;
  /** What is wrong with an answer that came another way. */
  faultsOfAnswer(
    answer: Pick<Answer, "status" | "headers" | "text">,
    path: string,
    refusal: Refusal,
  ): string[];
  /** Every key in Redis that belongs to some request: jobs, bodies, call rows, results, logs. */
  requestTraces(): Promise<Set<string>>;
  /** Whether an ordinary request is answered with 200. */
  isHealthy(): Promise<boolean>;
}

/** Generous for a busy machine; the fastest of a few tries counts, because what is measured is the gateway, not the machine. */
const refusalLimitMs = 100;
const timedTries = 5;

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

  async function requestTraces(): Promise<Set<string>> {
    const traces = new Set<string>();
    let cursor = "0";
    do {
      const [next, keys] = await redis.scan(cursor, "MATCH", `{${network.redisPrefix}}:*`, "COUNT", 2_000);
      cursor = next;
      for (const key of keys) if (key.includes("req_")) traces.add(key);
    } while (cursor !== "0");
    return traces;
  }

  async function faultsOf(bad: BadRequest, refusal: Refusal): Promise<string[]> {
    const before = await requestTraces();
    const callsBefore = network.mock.calls().length;
    network.logLines.splice(0);
    let answer = await send(bad);
    for (let tries = 1; answer.durationMs > refusalLimitMs && tries < timedTries; tries += 1)
      answer = await send(bad);
    const added = [...(await requestTraces())].filter((trace) => !before.has(trace));
    const log = network.logLines.join("");
    return [
      ...faultsOfAnswer(answer, bad.path, refusal),
      ...faultsAmong({
        [`answered within ${refusalLimitMs} ms, not ${answer.durationMs}`]:
          answer.durationMs < refusalLimitMs,
        [`nothing of it in Redis, not ${added.join(", ")}`]: added.length === 0,
        "no upstream call": network.mock.calls().length === callsBefore,
        "no prompt and no key in the log": !log.includes(prompt) && !log.includes(wrongKey),
        "nothing of ours fails": !/"level":"(?:error|fatal)"/.test(log),
      }),
    ];
  }

  async function isHealthy(): Promise<boolean> {
    const { path, body } = endpoints.chat;
    return (await send({ path, body: JSON.stringify(body) })).status === 200;
  }

  for (const { path, body } of Object.values(endpoints)) {
    await send({ path, body: JSON.stringify(body) });
    await send({ path, body: "{" });
  }
  const resources = stack.move();
  return {
    network,
    port: network.gateway.port,
    send,
    faultsOf,
    faultsOfAnswer,
    requestTraces,
    isHealthy,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Longer than any message of ours, shorter than any member a caller could have it repeat. */
const longestAnswer = 1_000;

function faultsOfAnswer(
  { status, headers, text }: Pick<Answer, "status" | "headers" | "text">,
  path: string,
  { code, param, says }: Refusal,
): string[] {
  const row = errorTable[code];
  const requestId = String(headers["x-request-id"]);
  const body = JSON.parse(text) as AnyErrorBody;
  const message = String(body.error?.message);
  const wanted = path.startsWith("/v1/messages")
    ? { type: "error", error: { type: row.anthropicType, message }, request_id: requestId }
    : { error: { message, type: row.openAiType, param: body.error?.param, code } };
  const faults = faultsAmong({
    [`status ${row.status}`]: status === row.status,
    [`exactly ${JSON.stringify(wanted)}`]: isDeepStrictEqual(body, wanted),
    [`a path at ${param}`]: path.startsWith("/v1/messages") || isAt(body.error?.param, param),
    [`a message that says ${String(says)}`]: says === undefined || says.test(message),
    "a message of whole sentences": /^[A-Za-z`].{10,500}[.?]$/s.test(message),
    "a short answer": text.length < longestAnswer,
    "no prompt in it": !text.includes(prompt),
    "no key in it": !text.includes(testApiKey) && !text.includes(wrongKey),
    "a request id": /^req_[0-9a-z]{16,64}$/.test(requestId),
    "x-should-retry: false": headers["x-should-retry"] === "false",
    "the type of JSON": String(headers["content-type"]).startsWith("application/json"),
    "no header of the caller's making": headers["x-evil"] === undefined,
  });
  return faults.length === 0 ? [] : [...faults, `but was ${status}: ${text.slice(0, 400)}`];
}

interface AnyErrorBody {
  readonly error?: { readonly message?: unknown; readonly param?: unknown };
}

/** The reported path is the field or lies in it; without a field any path of a decent length will do. */
function isAt(reported: unknown, field: string | undefined): boolean {
  if (field === undefined)
    return reported === null || (typeof reported === "string" && reported.length <= 300);
  return reported === field || (typeof reported === "string" && reported.startsWith(`${field}.`));
}

/** Whether an answer is one of those that are no fault of ours; its beginning where it is not. */
export function unlessOneOf(statuses: readonly number[], { status, text }: Answer): string | null {
  return statuses.includes(status) ? null : `${status}: ${text.slice(0, 400)}`;
}

/** A valid body of the endpoint with other members, as JSON. */
export function bodyWith(endpoint: Endpoint, members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...endpoints[endpoint].body, ...members });
}

/** The members as JSON text put into a valid body, for what `JSON.stringify` would not write. */
export function bodyWithText(endpoint: Endpoint, membersText: string): string {
  return `${JSON.stringify(endpoints[endpoint].body).slice(0, -1)},${membersText}}`;
}
