import Anthropic from "@anthropic-ai/sdk";
import type { Gateway } from "@tokenhub/gateway";
import { testApiKey, until } from "@tokenhub/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { adminEnvironment, administer } from "../admin/admin-client.ts";
import { ask, send, type Answer, type Question } from "../lifecycle/ask.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

let site: Site;
let gateways: readonly [Gateway, Gateway];

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    // A request without a key runs as another tenant than one with the key.
    env: { ...adminEnvironment, TOKENHUB_AUTH: "open", TOKENHUB_CACHE_MAX_ENTRY_BYTES: "20000" },
  });
  gateways = [await site.startAll(), await site.startGateway()];
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  site.mock.clearCalls();
  site.mock.clearPlans();
});

let contents = 0;
/** Words that nobody has asked before. */
const newContent = (): string => `question ${(contents += 1)}`;
const cached = { cache: true };
const calls = () => site.mock.calls().length;
const cacheHeader = (answer: Answer) => answer.headers.get("x-tokenhub-cache");

/** The same question to both gateways in turn. */
function askMany(count: number, question: Question): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => ask(gateways[index % 2 === 0 ? 0 : 1], question)),
  );
}

async function call(method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await administer(gateways[0], method, `/admin/v1${path}`, { body });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.json as Record<string, unknown>;
}
const change = (path: string, body: unknown) => call("PATCH", path, body);

/** A key of the tenant that the configured key belongs to. */
async function newKey(body: Record<string, unknown>): Promise<{ id: string; authorization: string }> {
  const { id, key } = await call("POST", "/apikeys", { name: "test", ...body });
  return { id: String(id), authorization: `Bearer ${String(key)}` };
}

async function counted(gateway: Gateway, line: RegExp): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(line.exec(text)?.[1] ?? 0);
}

describe("the response cache", () => {
  it("S3-91: 50 identical requests at the same time to two gateways are one call; all get the same answer", async () => {
    site.mock.plan("up-gpt", { latencyMs: 400 });
    const answers = await askMany(50, { model: "gpt-test", content: newContent(), wishes: cached });
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map((answer) => answer.raw)).size).toBe(1);
    expect(calls()).toBe(1);
    expect(answers.filter((answer) => cacheHeader(answer) === "miss")).toHaveLength(1);
    expect(answers.filter((answer) => cacheHeader(answer) === "hit")).toHaveLength(49);
    expect(new Set(answers.map((answer) => answer.requestId)).size).toBe(50);
  });

  it("S3-91: a hit makes no call, says so, costs nothing and stands in the log", async () => {
    const question: Question = { model: "gpt-test", content: newContent(), wishes: cached };
    const first = await ask(gateways[0], question);
    const second = await ask(gateways[1], question);
    expect(cacheHeader(first)).toBe("miss");
    expect(first.headers.get("age")).toBeNull();
    expect(second.raw).toBe(first.raw);
    expect(cacheHeader(second)).toBe("hit");
    expect(second.headers.get("age")).toMatch(/^\d+$/);
    expect(second.headers.get("x-tokenhub-attempts")).toBe("0");
    expect(second.headers.get("x-tokenhub-model")).toBe("gpt-test");
    expect(calls()).toBe(1);
    expect(await rowOf(site, first.requestId)).toMatchObject({ attempts: [{ called: true }] });
    expect(await rowOf(site, second.requestId)).toMatchObject({
      outcome: "succeeded",
      modelId: "gpt-test",
      attempts: [],
      costNanoUsd: 0,
    });
    const line = site.logLines.find(
      (text) => text.includes(second.requestId) && text.includes("request finished"),
    );
    expect(JSON.parse(line ?? "{}")).toMatchObject({ cache: "hit", attempts: 0 });
    expect(
      await counted(gateways[1], /^tokenhub_cache_lookups_total\{[^}]*outcome="hit"[^}]*\} (\d+)/m),
    ).toBeGreaterThan(0);
    expect(
      await counted(gateways[0], /^tokenhub_cache_answers_total\{[^}]*outcome="stored"[^}]*\} (\d+)/m),
    ).toBeGreaterThan(0);
  });

  it("S3-91: nothing is kept for who did not ask for it", async () => {
    const question: Question = { model: "gpt-test", content: newContent() };
    const answers = [await ask(gateways[0], question), await ask(gateways[0], question)];
    expect(calls()).toBe(2);
    expect(answers.map(cacheHeader)).toEqual([null, null]);
    await ask(gateways[0], { ...question, wishes: cached });
    expect(calls()).toBe(3);
  });

  it("S3-91: requests whose kept answer could not be given again do not use the cache", async () => {
    site.mock.plan("up-gpt", { text: "{}" });
    const messages = [{ role: "user", content: newContent() }];
    const bodies = [
      { model: "gpt-test", messages, stream: true, n: 2, tokenhub: cached },
      {
        model: "gpt-test",
        messages,
        tokenhub: { ...cached, output_schema: {}, output_format: { repair: true } },
      },
    ];
    for (const body of bodies) {
      const response = await fetch(`${gateways[0].url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${testApiKey}` },
        body: JSON.stringify(body),
      });
      await response.text();
      expect(response.headers.get("x-tokenhub-cache")).toBeNull();
    }
    expect(calls()).toBe(2);
  });

  it("S3-91: another tenant, another body, other parameters and other wishes have answers of their own", async () => {
    const content = newContent();
    const question: Question = { model: "gpt-test", content, wishes: cached };
    await ask(gateways[0], question);
    const others: Question[] = [
      { ...question, content: `${content}!` },
      { ...question, model: "spare-test" },
      { ...question, format: "anthropic" },
      { ...question, wishes: { ...cached, max_cost_per_1k: 1 } },
      { ...question, headers: { "x-tokenhub-min-weight": "1" } },
    ];
    for (const other of others) expect(cacheHeader(await ask(gateways[0], other))).toBe("miss");
    const { authorization: _, ...anonymous } = { authorization: "", "content-type": "application/json" };
    const stranger = await fetch(`${gateways[0].url}/v1/chat/completions`, {
      method: "POST",
      headers: anonymous,
      body: JSON.stringify({
        model: "gpt-test",
        messages: [{ role: "user", content }],
        tokenhub: cached,
      }),
    });
    expect(stranger.status).toBe(200);
    expect(stranger.headers.get("x-tokenhub-cache")).toBe("miss");
    expect(calls()).toBe(2 + others.length);
    // Who the caller's own user is and what it notes for itself change nothing.
    const noted = await fetch(`${gateways[0].url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...anonymous, authorization: `Bearer ${testApiKey}` },
      body: JSON.stringify({
        tokenhub: cached,
        metadata: { a: "b" },
        user: "u",
        messages: [{ content, role: "user" }],
        model: "gpt-test",
      }),
    });
    expect(noted.headers.get("x-tokenhub-cache")).toBe("hit");
  });

  it("S3-91: an answer is kept for as long as the request says and not longer", async () => {
    const question: Question = {
      model: "gpt-test",
      content: newContent(),
      wishes: { cache: { ttl_seconds: 1 } },
    };
    await ask(gateways[0], question);
    expect(cacheHeader(await ask(gateways[1], question))).toBe("hit");
    await until(
      "the answer to run out",
      async () => cacheHeader(await ask(gateways[1], question)) === "miss",
    );
    expect(calls()).toBe(2);
  });

  it("S3-91: a header does what the body does; who says no is not answered from the cache", async () => {
    const question: Question = { model: "gpt-test", content: newContent() };
    const withHeader = (value: string, wishes?: Question["wishes"]) =>
      ask(gateways[0], {
        ...question,
        headers: { "x-tokenhub-cache": value },
        ...(wishes === undefined ? {} : { wishes }),
      });
    expect(cacheHeader(await withHeader("60"))).toBe("miss");
    expect(cacheHeader(await withHeader("true"))).toBe("hit");
    expect(cacheHeader(await withHeader("off", cached))).toBeNull();
    expect(cacheHeader(await withHeader("true", { cache: false }))).toBeNull();
    expect(calls()).toBe(3);
    expect(await withHeader("soon")).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", param: "x-tokenhub-cache" } },
    });
    expect(await ask(gateways[0], { ...question, wishes: { cache: "yes" } })).toMatchObject({
      status: 400,
      json: { error: { param: "tokenhub.cache" } },
    });
    expect(calls()).toBe(3);
  });

  it("S3-91: a key for which answers are kept need not ask; who says no is not answered from the cache", async () => {
    const { id, authorization } = await newKey({ cache: "on", cache_ttl_seconds: 60 });
    const question: Question = { model: "gpt-test", content: newContent(), headers: { authorization } };
    const askNow = (wishes?: Question["wishes"], gateway = gateways[0]) =>
      ask(gateway, { ...question, ...(wishes === undefined ? {} : { wishes }) });
    expect(cacheHeader(await askNow())).toBe("miss");
    expect(cacheHeader(await askNow())).toBe("hit");
    expect(cacheHeader(await askNow({ cache: false }))).toBeNull();
    expect(calls()).toBe(2);
    // Another key of the same tenant has said nothing.
    expect(cacheHeader(await ask(gateways[0], { ...question, headers: {} }))).toBeNull();

    await change(`/apikeys/${id}`, { cache: "off" });
    expect(cacheHeader(await askNow())).toBeNull();
    expect(cacheHeader(await askNow(cached))).toBe("hit");
    await until(
      "the change at the other gateway",
      async () => cacheHeader(await askNow(undefined, gateways[1])) === null,
    );
  });

  it("S3-91: answers of a model for which they are kept need no asking, by its name or an alias of it alone", async () => {
    const model = "spare-test";
    await change(`/models/${model}`, { cache: "on", cache_ttl_seconds: 60 });
    await call("POST", "/aliases", { name: "only-spare", variants: [{ model_id: model }] });
    const variants = [model, "gpt-test"].map((id) => ({ model_id: id }));
    await call("POST", "/aliases", { name: "spare-or-not", variants });
    const question: Question = { model, content: newContent() };
    expect(cacheHeader(await ask(gateways[0], question))).toBe("miss");
    expect(cacheHeader(await ask(gateways[0], question))).toBe("hit");
    await until("the change at the other gateway", async () => {
      const answer = await ask(gateways[1], { ...question, content: newContent() });
      return cacheHeader(answer) === "miss";
    });
    const byAlias: Question = { ...question, model: "only-spare" };
    expect(cacheHeader(await ask(gateways[0], byAlias))).toBe("miss");
    expect(cacheHeader(await ask(gateways[0], byAlias))).toBe("hit");
    expect(cacheHeader(await ask(gateways[0], { ...question, model: "spare-or-not" }))).toBeNull();
    expect(cacheHeader(await ask(gateways[0], { ...question, model: "gpt-test" }))).toBeNull();

    // The key comes before the model.
    const { authorization } = await newKey({ cache: "off" });
    expect(cacheHeader(await ask(gateways[0], { ...question, headers: { authorization } }))).toBeNull();
    await change(`/models/${model}`, { cache: null });
    expect(cacheHeader(await ask(gateways[0], question))).toBeNull();
  });

  it("S3-91: failures are not kept, and each of those that wait gets an answer", async () => {
    site.mock.plan("up-gpt", { steps: [{ kind: "status", status: 400 }, { ok: true }] });
    const question: Question = { model: "gpt-test", content: newContent(), wishes: cached };
    expect((await ask(gateways[0], question)).status).toBe(400);
    expect(await ask(gateways[0], question)).toMatchObject({ status: 200 });
    expect(calls()).toBe(2);

    site.mock.clearCalls();
    site.mock.plan("up-gpt", {
      latencyMs: 300,
      steps: [
        { kind: "status", status: 400 },
        { ok: true, repeat: true },
      ],
    });
    const answers = await askMany(20, { ...question, content: newContent() });
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(19);
    expect(calls()).toBe(2);
  });

  it("S3-91: truncated answers and answers over the size limit are not kept", async () => {
    site.mock.plan("up-gpt", { finishReason: "length" });
    const truncated: Question = { model: "gpt-test", content: newContent(), wishes: cached };
    await ask(gateways[0], truncated);
    expect(cacheHeader(await ask(gateways[0], truncated))).toBe("miss");

    site.mock.plan("up-gpt", { steps: [{ kind: "huge", bytes: 30_000, repeat: true }] });
    const huge: Question = { model: "gpt-test", content: newContent(), wishes: cached };
    expect((await ask(gateways[0], huge)).text).toHaveLength(30_000);
    expect(cacheHeader(await ask(gateways[0], huge))).toBe("miss");
    expect(
      await counted(gateways[0], /^tokenhub_cache_answers_total\{[^}]*outcome="too_large"[^}]*\} (\d+)/m),
    ).toBeGreaterThan(0);
  });

  it("S3-91: when the leader's caller goes away, those that wait at both gateways are answered by one other call", async () => {
    site.mock.plan("up-gpt", { latencyMs: 800 });
    const content = newContent();
    const question: Question = { model: "gpt-test", content, wishes: cached };
    const leaving = new AbortController();
    const leader = ask(gateways[0], { ...question, signal: leaving.signal });
    leader.catch(() => undefined);
    await site.mock.waitForCall((call) => call.bodyText?.includes(content) === true, 10_000);
    const followers = askMany(10, question);
    await until("the followers to wait", async () => {
      const waiting = await Promise.all(
        gateways.map((gateway) => counted(gateway, /^tokenhub_requests_in_flight(?:\{[^}]*\})? (\d+)/m)),
      );
      return waiting[0] === 6 && waiting[1] === 5;
    });
    leaving.abort();
    const answers = await followers;
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(calls()).toBe(2);
  });

  it("S3-91: when the leader's gateway dies, those that wait at another one get its answer from the store", async () => {
    site.mock.plan("up-gpt", { latencyMs: 1_500 });
    const content = newContent();
    const question: Question = { model: "gpt-test", content, wishes: cached };
    const dying = await site.startProcess("gateway", { TOKENHUB_PORT: "0" });
    const url = await until(
      "the gateway's port",
      () => /"port":(\d+)[^}]*"gateway ready"/.exec(dying.output?.() ?? "")?.[1],
    ).then((port) => `http://127.0.0.1:${port}`);
    send({ url }, question).catch(() => undefined);
    await site.mock.waitForCall((call) => call.bodyText?.includes(content) === true, 10_000);
    const followers = Promise.all(Array.from({ length: 5 }, () => ask(gateways[0], question)));
    await dying.kill();
    const answers = await followers;
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(answers.map(cacheHeader)).toEqual(answers.map(() => "hit"));
    expect(calls()).toBe(1);
  });

  it("S3-91: who waits for another's answer waits no longer than its own time", async () => {
    site.mock.plan("up-gpt", { latencyMs: 3_000 });
    const content = newContent();
    const question: Question = { model: "gpt-test", content, wishes: cached };
    const leader = ask(gateways[0], question);
    await site.mock.waitForCall((call) => call.bodyText?.includes(content) === true, 10_000);
    const hurried = await ask(gateways[1], { ...question, headers: { "x-tokenhub-timeout-ms": "500" } });
    expect(hurried).toMatchObject({ status: 504, json: { error: { code: "sync_wait_timeout" } } });
    expect((await leader).status).toBe(200);
    expect(calls()).toBe(1);
  });

  it("S3-91: a cache that Redis does not hold fails no request", async () => {
    const question: Question = { model: "gpt-test", content: newContent(), wishes: cached };
    await ask(gateways[0], question);
    const [key = ""] = await site.redis.keys(site.keyspace.cacheEntry("*").replaceAll(/[[\]]/g, "?"));
    // Something else under the key makes every command on it fail.
    await site.redis.del(key);
    const entries = await site.redis.keys(site.keyspace.cacheEntry("*"));
    for (const entry of [...entries, key])
      await site.redis.del(entry).then(() => site.redis.sadd(entry, "x"));
    const answer = await ask(gateways[0], question);
    expect(answer.status).toBe(200);
    expect(cacheHeader(answer)).toBe("miss");
    for (const entry of [...entries, key]) await site.redis.del(entry);
  });
});

describe("the response cache and the official clients", () => {
  const openai = (gateway: Gateway) =>
    new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: testApiKey, maxRetries: 0 });
  const anthropic = (gateway: Gateway) =>
    new Anthropic({ baseURL: gateway.url, apiKey: testApiKey, maxRetries: 0 });
  const header = { headers: { "x-tokenhub-cache": "true" } };
  const tool = {
    name: "get_weather",
    description: "Weather",
    input_schema: { type: "object" as const, properties: { city: { type: "string" } } },
  };

  it("S3-91: a whole answer is streamed to a client that asks for a stream, in either format, tool calls included", async () => {
    site.mock.plan("up-claude", { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] });
    const request = {
      model: "claude-test",
      max_tokens: 100,
      messages: [{ role: "user" as const, content: newContent() }],
      tools: [tool],
    };
    const whole = await anthropic(gateways[0]).messages.create(request, header);
    const streamed = await anthropic(gateways[1]).messages.stream(request, header).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.stop_reason).toBe("tool_use");
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);

    const question = {
      model: "claude-test",
      messages: [{ role: "user" as const, content: newContent() }],
      tools: [
        { type: "function" as const, function: { name: "get_weather", parameters: tool.input_schema } },
      ],
    };
    const completion = await openai(gateways[0]).chat.completions.create(question, header);
    const runner = openai(gateways[1]).chat.completions.stream(
      { ...question, stream_options: { include_usage: true } },
      header,
    );
    const streamedCompletion = await runner.finalChatCompletion();
    expect(streamedCompletion.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: "get_weather", arguments: '{"city":"Oslo"}' },
    });
    expect(streamedCompletion.usage?.total_tokens).toBe(completion.usage?.total_tokens);
    expect(calls()).toBe(2);
  });

  it("S3-91: a stream is kept for streams; a client that wants a whole answer gets one of its own", async () => {
    const question = {
      model: "gpt-test",
      messages: [{ role: "user" as const, content: newContent() }],
    };
    const textOf = async (gateway: Gateway): Promise<string> =>
      (await openai(gateway).chat.completions.stream(question, header).finalChatCompletion()).choices[0]
        ?.message.content ?? "";
    const first = await textOf(gateways[0]);
    expect(first).not.toBe("");
    expect(await textOf(gateways[1])).toBe(first);
    expect(calls()).toBe(1);
    const whole = await openai(gateways[1]).chat.completions.create(question, header);
    expect(whole.choices[0]?.message.content).toBe(first);
    expect(calls()).toBe(2);
    // The whole answer serves streams from now on.
    expect(await textOf(gateways[0])).toBe(first);
    expect(calls()).toBe(2);
  });

  it("S3-91: identical streams at the same time are one call", async () => {
    site.mock.plan("up-gpt", { latencyMs: 300 });
    const question: Question = {
      model: "gpt-test",
      content: newContent(),
      stream: true,
      wishes: cached,
    };
    const answers = await askMany(20, question);
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers.every((answer) => answer.raw.includes("[DONE]"))).toBe(true);
    expect(calls()).toBe(1);
  });

  it("S3-91: embeddings and the native door are cached as well", async () => {
    const input = newContent();
    const embed = () => openai(gateways[0]).embeddings.create({ model: "embed-test", input }, header);
    expect(await embed()).toEqual(await embed());
    expect(calls()).toBe(1);

    const content = newContent();
    const native = async (gateway: Gateway) => {
      const response = await fetch(`${gateway.url}/v1/chat`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${testApiKey}` },
        body: JSON.stringify({
          request: { model_hint: "gpt-test", messages: [{ role: "user", content }] },
          cache: { ttl_seconds: 60 },
        }),
      });
      return {
        cache: response.headers.get("x-tokenhub-cache"),
        id: response.headers.get("x-request-id"),
        body: (await response.json()) as Record<string, unknown>,
      };
    };
    const first = await native(gateways[0]);
    const second = await native(gateways[1]);
    expect([first.cache, second.cache]).toEqual(["miss", "hit"]);
    expect(second.body["response"]).toEqual(first.body["response"]);
    expect(second.body).toMatchObject({ id: second.id, attempts: 0, estimated_cost_usd: 0 });
    expect(calls()).toBe(2);
  });
});
