import Anthropic from "@anthropic-ai/sdk";
import { until, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { openAccessNetwork, type AccessNetwork } from "./access-network.ts";
import { chatDoor, doors, errorOf, knock } from "./doors.ts";
import type { KeyAdmin } from "./key-admin.ts";

// So slow that nothing is added while a test runs.
const burst = 4;
const slowRate = { TOKENHUB_RATE_LIMIT_RPS: "0.001", TOKENHUB_RATE_LIMIT_BURST: String(burst) };

let site: AccessNetwork;
let network: TestNetwork;
let admin: KeyAdmin;
beforeAll(async () => {
  const redisUrl = inject("redisUrl");
  site = await openAccessNetwork({ redisUrl, env: { ...slowRate, TOKENHUB_AUTH: "open" } });
  ({ network, admin } = site);
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
});
beforeEach(() => network.mock.clearCalls());

const newKey = async (body: Record<string, unknown> = {}) => (await admin.createKey(body)).key;

describe("the installation's rate", () => {
  it.each(doors)(
    "S3-92: answers 429 in the shape $shape at $path when a key has used its burst",
    async (door) => {
      const key = await newKey();
      const answers = [];
      for (let index = 0; index < burst + 1; index += 1) answers.push(await knock(network, door, key));
      expect(answers.map(({ status }) => status)).toEqual([...Array<number>(burst).fill(200), 429]);
      const refused = answers.at(-1) ?? answers[0];
      if (refused === undefined) throw new Error("no answer");
      const error = errorOf(refused);
      if (door.shape !== "anthropic") expect(error.code).toBe("rate_limited");
      expect(error.type).toBe("rate_limit_error");
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(refused.headers.get("x-should-retry")).toBe("true");
    },
  );

  it("S3-92: holds for a key of the configuration, too, and each key has its own", async () => {
    const statuses = [];
    for (let index = 0; index < burst + 1; index += 1)
      statuses.push((await knock(network, chatDoor, network.apiKey)).status);
    expect(statuses).toEqual([...Array<number>(burst).fill(200), 429]);
    expect((await knock(network, chatDoor, await newKey())).status).toBe(200);
  });

  it("C8: holds for an address without a key, which runs as the anonymous tenant", async () => {
    const answers = [];
    for (let index = 0; index < burst + 1; index += 1) answers.push(await knock(network, chatDoor, null));
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(burst).fill(200), 429]);
    const requestId = answers[0]?.headers.get("x-request-id") ?? "";
    const row = await until("the row", () =>
      site.db
        .selectFrom("request_log")
        .select(["tenant_id", "key_id"])
        .where("request_id", "=", requestId)
        .executeTakeFirst(),
    );
    expect(row).toEqual({ tenant_id: "anonymous", key_id: null });
  });

  it("C8: a wrong key is 401 although requests without a key are let in", async () => {
    expect((await knock(network, chatDoor, "tokenhub_wrong")).status).toBe(401);
  });

  it("does not hold for /v1/models, /health and /metrics", async () => {
    const key = await newKey();
    for (const path of ["/v1/models", "/v1/models/gpt-test", "/health", "/healthz", "/readyz", "/metrics"])
      for (let index = 0; index < burst * 3; index += 1)
        expect((await fetch(network.url + path, { headers: { "x-api-key": key } })).status).toBe(200);
    expect((await knock(network, chatDoor, key)).status).toBe(200);
  });

  it("S3-92: is the official clients' own error class, and they wait as long as they are told", async () => {
    const key = await newKey({ rate_limit_rps: 0.001 });
    const openAi = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: key, maxRetries: 0 });
    const anthropic = new Anthropic({ baseURL: network.url, apiKey: key, maxRetries: 0 });
    const messages = [{ role: "user", content: "hello" }] as const;
    await openAi.chat.completions.create({ model: "gpt-test", messages: [...messages] });
    await expect(
      openAi.chat.completions.create({ model: "gpt-test", messages: [...messages] }),
    ).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(
      anthropic.messages.create({ model: "gpt-test", max_tokens: 10, messages: [...messages] }),
    ).rejects.toBeInstanceOf(Anthropic.RateLimitError);

    const quick = await newKey({ rate_limit_rps: 2 });
    const patient = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: quick, maxRetries: 2 });
    const startedAtMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        patient.chat.completions.create({ model: "gpt-test", messages: [...messages] }),
      ),
    );
    expect(answers).toHaveLength(5);
    expect(performance.now() - startedAtMs).toBeGreaterThan(400);
  });
});

describe("the number of requests at once", () => {
  /** Requests of a key that the provider has in its hands; they end when the test lets them. */
  async function hold(key: string, { count, latencyMs = 30_000 }: { count: number; latencyMs?: number }) {
    network.mock.clearCalls();
    network.mock.plan("up-gpt", { latencyMs });
    const leaving = new AbortController();
    const held = Array.from({ length: count }, () =>
      fetch(network.url + chatDoor.path, {
        method: "POST",
        signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(40_000)]),
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify(chatDoor.body),
      }).then(async (response) => {
        await response.text();
        return response.status;
      }),
    );
    for (const request of held) request.catch(() => undefined);
    await until("the requests to be under way", () => network.mock.calls().length === count);
    network.mock.clearPlans();
    return { held, leave: () => leaving.abort() };
  }
  const knockOf = (key: string) => knock(network, chatDoor, key);

  it("S3-92: of a key is kept: one more is 429 with the time to wait, at every door, until one has ended", async () => {
    const key = await newKey({ max_concurrent_requests: 2, rate_limit_rps: -1 });
    const { held } = await hold(key, { count: 2, latencyMs: 1_500 });
    for (const door of doors) {
      const refused = await knock(network, door, key);
      expect(refused.status).toBe(429);
      const { type, message } = errorOf(refused);
      expect(message).toContain("As many requests of this API key are running as may at once (2)");
      if (door.shape !== "legacy") expect(type).toBe("rate_limit_error");
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    expect((await knockOf(await newKey({ rate_limit_rps: -1 }))).status).toBe(200);
    expect(await Promise.all(held)).toEqual([200, 200]);
    for (let index = 0; index < 5; index += 1) expect((await knockOf(key)).status).toBe(200);
  });

  it("S3-92: is given back by a caller that goes away, by a failure and by a refusal", async () => {
    const key = await newKey({ max_concurrent_requests: 1, rate_limit_rps: -1 });
    const { leave } = await hold(key, { count: 1 });
    expect((await knockOf(key)).status).toBe(429);
    leave();
    await until("the place", async () => (await knockOf(key)).status === 200);
    for (const body of [{ ...chatDoor.body, model: "nothing" }, { messages: 5 }])
      expect((await knock(network, { ...chatDoor, body }, key)).status).toBeGreaterThanOrEqual(400);
    const streamed = { ...chatDoor, body: { ...chatDoor.body, stream: true } };
    expect((await knock(network, streamed, key)).text).toContain("[DONE]");
    expect((await knockOf(key)).status).toBe(200);
  });

  it("S3-92: of a tenant holds for all its keys together, and a change of it is in force at once", async () => {
    const { id } = await admin.call("POST", "/tenants", { name: "crowd", max_concurrent_requests: 1 });
    const [one, other] = [
      await newKey({ tenant_id: id, rate_limit_rps: -1 }),
      await newKey({ tenant_id: id, rate_limit_rps: -1 }),
    ];
    const { leave } = await hold(one, { count: 1 });
    const refused = await knockOf(other);
    expect([refused.status, errorOf(refused).code]).toEqual([429, "rate_limited"]);
    await admin.call("PATCH", `/tenants/${String(id)}`, { max_concurrent_requests: 2 });
    expect((await knockOf(other)).status).toBe(200);
    leave();
  });
});

describe("wrong keys", () => {
  it("S4-45: slow their address down and are logged with it, never with the key; a right key still passes", async () => {
    const key = await newKey({ rate_limit_rps: -1 });
    const wrong = (index: number): string => `tokenhub_wrong_secret_number_${index}`;
    const statuses = [];
    for (let index = 0; index < 8; index += 1)
      statuses.push((await knock(network, chatDoor, wrong(index))).status);
    expect(statuses).toContain(401);
    expect(statuses.at(-1)).toBe(429);
    expect((await knock(network, chatDoor, key)).status).toBe(200);
    const lines = network.logLines.join("");
    expect(lines).toContain("authentication failed");
    expect(lines).toContain("locked out after too many failed attempts");
    expect(lines).toMatch(/"remoteAddress":"127\.0\.0\.1"/);
    expect(lines).not.toContain("wrong_secret_number");
  });
});
