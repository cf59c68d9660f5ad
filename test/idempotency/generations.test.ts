import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { adminEnvironment, keyAdminOf } from "../access/key-admin.ts";
import { askWithKey, chatOf, codeOf, type Asked } from "./ask-with-key.ts";

let network: TestNetwork;
const path = "/v1/chat/completions";
const ask = (asked: Asked, to = path) => askWithKey(network, to, asked);

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: adminEnvironment });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

describe("generations with an Idempotency-Key", () => {
  it("20 identical requests at once get one answer of one upstream call, and so does one that comes later", async () => {
    network.mock.plan("up-gpt", { latencyMs: 100 });
    const asked = { key: randomUUID(), body: chatOf() };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(asked)));
    const later = await ask({ ...asked, key: `"${asked.key}"` });
    for (const answer of [...answers, later]) {
      expect(answer.status).toBe(200);
      expect(answer.text).toBe(later.text);
      for (const name of [
        "content-type",
        "x-request-id",
        "x-tokenhub-model",
        "x-tokenhub-job",
        "idempotency-expires",
      ])
        expect([name, answer.headers.get(name)]).toEqual([name, later.headers.get(name)]);
    }
    expect(answers.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
    expect(later.isReplayed).toBe(true);
    expect(later.headers.get("x-tokenhub-model")).toBe("gpt-test");
    const expiresAtMs = Date.parse(later.headers.get("idempotency-expires") ?? "");
    expect(Math.abs(expiresAtMs - Date.now() - 86_400_000)).toBeLessThan(60_000);
    expect(network.mock.calls()).toHaveLength(1);
  });

  it.each([
    ["/v1/messages", chatOf("Hello", { max_tokens: 10 })],
    ["/v1/completions", { model: "gpt-test", prompt: "Hello" }],
    ["/v1/embeddings", { model: "embed-test", input: "Hello" }],
    ["/v1/chat", chatOf()],
    ["/v1/responses", { model: "gpt-test", input: "Hello" }],
  ])("%s gives the same answer again, which is the one it gives without a key", async (to, body) => {
    const asked = { key: randomUUID(), body };
    const [first, second] = [await ask(asked, to), await ask(asked, to)];
    expect(first.status).toBe(200);
    expect(second).toMatchObject({ status: 200, text: first.text, isReplayed: true });
    expect(network.mock.calls()).toHaveLength(1);
    const plain = await ask({ body }, to);
    expect(Object.keys(plain.json)).toEqual(Object.keys(first.json));
    expect(plain.headers.get("content-type")).toBe(first.headers.get("content-type"));
  });

  it("a stream is the same byte for byte, for whoever joins it while it runs and whoever asks when it has ended", async () => {
    network.mock.plan("up-gpt", { tokens: 40, tokensPerSecond: 60 });
    const asked = { key: randomUUID(), body: chatOf("Hello", { stream: true }) };
    const first = ask(asked);
    await until("the call", async () => network.mock.calls().length === 1);
    const joined = await Promise.all([ask(asked), ask(asked)]);
    const { text, status } = await first;
    const later = await ask(asked);
    expect(status).toBe(200);
    expect(text).toContain("data: [DONE]");
    for (const answer of [...joined, later]) {
      expect(answer.text).toBe(text);
      expect(answer.isReplayed).toBe(true);
      expect(answer.headers.get("content-type")).toContain("text/event-stream");
    }
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("a stream reaches its caller while it comes", async () => {
    network.mock.plan("up-gpt", { tokens: 200, tokensPerSecond: 50 });
    const response = await fetch(network.url + path, {
      method: "POST",
      headers: {
        authorization: `Bearer ${network.apiKey}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body: JSON.stringify(chatOf("Hello", { stream: true })),
    });
    const reader = response.body?.getReader();
    const piece = await reader?.read();
    expect(network.mock.calls()).toMatchObject([{ finishedAtMs: null }]);
    expect(Buffer.from(piece?.value ?? []).toString()).toContain("data: ");
    await reader?.cancel();
  });

  it("members in another order are the same body; another body or another wish is 422, and calls nobody", async () => {
    const key = randomUUID();
    const { model, messages } = chatOf();
    await ask({ key, body: { model, messages, temperature: 0 } });
    const same = await ask({ key, body: { temperature: 0, messages, model } });
    expect(same).toMatchObject({ status: 200, isReplayed: true });
    for (const asked of [
      { key, body: chatOf("Other") },
      { key, body: { model, messages, temperature: 0 }, headers: { "x-tokenhub-mode": "cheap" } },
    ]) {
      const refused = await ask(asked);
      expect([refused.status, codeOf(refused)]).toEqual([422, "idempotency_key_reused"]);
      expect(refused.headers.get("x-should-retry")).toBe("false");
    }
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("a request in flight refuses another body at once", async () => {
    network.mock.plan("up-gpt", { latencyMs: 1_000 });
    const key = randomUUID();
    const first = ask({ key, body: chatOf() });
    await until("the call", async () => network.mock.calls().length === 1);
    expect((await ask({ key, body: chatOf("Other") })).status).toBe(422);
    expect((await first).status).toBe(200);
  });

  it("another tenant's, another project's and another path's same key is another key", async () => {
    const admin = keyAdminOf(network);
    const { id } = await admin.call("POST", "/tenants", { name: "other" });
    const foreign = await admin.createKey({ tenant_id: id });
    const project = await admin.call("POST", "/projects", { tenant_id: id, name: "one" });
    const ofProject = await admin.createKey({ tenant_id: id, project_id: project["id"] });
    const key = randomUUID();
    const answers = [
      await ask({ key, body: chatOf() }),
      await ask({ key, body: chatOf(), apiKey: foreign.key }),
      await ask({ key, body: chatOf(), apiKey: ofProject.key }),
      await ask({ key, body: chatOf() }, "/v1/chat"),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, isReplayed: false });
    expect(new Set(answers.map(({ headers }) => headers.get("x-request-id"))).size).toBe(4);
  });

  it.each(["", "x".repeat(256), '"torn'])("%j is refused, with what to send instead", async (key) => {
    for (const to of [path, "/v1/jobs"]) {
      const refused = await ask({ key, body: chatOf() }, to);
      expect(refused.status).toBe(400);
      expect(refused.text).toContain("1 to 255 printable ASCII characters");
    }
    expect(network.mock.calls()).toHaveLength(0);
  });
});

describe("what a key remembers", () => {
  it("a provider's 4xx is given again without a second call", async () => {
    network.mock.plan("up-gpt", { steps: [{ kind: "status", status: 400, message: "No such thing" }] });
    const asked = { key: randomUUID(), body: chatOf() };
    const [first, second] = [await ask(asked), await ask(asked)];
    expect([first.status, codeOf(first)]).toEqual([400, "provider_bad_request"]);
    expect(second).toMatchObject({ status: 400, text: first.text, isReplayed: true });
    expect(network.mock.calls()).toHaveLength(1);
  });

  it.each([
    { status: 401, answered: 502 },
    { status: 429, answered: 429 },
  ])("a provider's $status is answered, and the next request begins anew", async ({ status, answered }) => {
    network.mock.plan("up-gpt", { steps: [{ kind: "status", status, repeat: true }] });
    const asked = { key: randomUUID(), body: chatOf() };
    const headers = { "x-tokenhub-allow-fallback": "false" };
    const first = await ask({ ...asked, headers });
    expect(first.status).toBe(answered);
    network.mock.clearPlans();
    await until("an answer", async () => {
      const again = await ask({ ...asked, headers });
      if (again.status !== 200) return false;
      expect(again.headers.get("x-tokenhub-job")).not.toBe(first.headers.get("x-tokenhub-job"));
      return true;
    });
    expect(await ask({ ...asked, headers })).toMatchObject({ status: 200, isReplayed: true });
  });

  it("a stream that broke off begins anew", async () => {
    network.mock.plan("up-gpt", { tokens: 20, steps: [{ kind: "reset", afterTokens: 3 }] });
    const asked = { key: randomUUID(), body: chatOf("Hello", { stream: true }) };
    const first = await ask(asked);
    expect(first.text).not.toContain("[DONE]");
    const second = await ask(asked);
    expect(second.text).toContain("[DONE]");
    expect(second.isReplayed).toBe(false);
    expect(network.mock.calls()).toHaveLength(2);
  });

  it("what was refused before it was accepted is not remembered", async () => {
    const key = randomUUID();
    expect((await ask({ key, body: { model: "gpt-test", messages: "none" } })).status).toBe(400);
    expect((await ask({ key, body: chatOf("x", { model: "none-such" }) })).status).toBe(404);
    expect(await ask({ key, body: chatOf() })).toMatchObject({ status: 200, isReplayed: false });
  });

  it("a job that is deleted takes its key with it; one that is cancelled keeps it", async () => {
    const asked = { key: randomUUID(), body: chatOf() };
    const first = await ask(asked);
    await fetch(`${network.url}/v1/jobs/${String(first.headers.get("x-tokenhub-job"))}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${network.apiKey}` },
    });
    expect(await ask(asked)).toMatchObject({ status: 200, isReplayed: false });

    network.mock.plan("up-gpt", { latencyMs: 20_000 });
    const slow = { key: randomUUID(), body: chatOf(), headers: { prefer: "respond-async" } };
    const accepted = await ask(slow);
    await until("the call", async () => network.mock.calls().length === 3);
    await ask({}, `/v1/jobs/${String(accepted.json["id"])}/cancel`);
    const again = await ask({ key: slow.key, body: chatOf() });
    expect([again.status, codeOf(again)]).toEqual([499, "cancelled"]);
    expect(network.mock.calls()).toHaveLength(3);
  });
});

describe("a caller who does not wait", () => {
  it("is told of the same job each time, by whichever way it asks", async () => {
    network.mock.plan("up-gpt", { latencyMs: 300 });
    const asked = { key: randomUUID(), body: chatOf() };
    const prefer = { ...asked, headers: { prefer: "respond-async" } };
    const [first, second] = [await ask(prefer), await ask(prefer)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.json["id"]).toBe(first.json["id"]);
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(second.headers.get("preference-applied")).toBe("respond-async");
    expect([first.isReplayed, second.isReplayed]).toEqual([false, true]);
    const waited = await ask(asked);
    expect(waited).toMatchObject({ status: 200, isReplayed: true });
    expect(waited.headers.get("x-tokenhub-job")).toBe(first.json["id"]);
    expect(await ask(prefer)).toMatchObject({ status: 200, text: waited.text });
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("takes none of the places of requests that wait, of which a key gives no more", async () => {
    network.mock.plan("up-gpt", { latencyMs: 600 });
    const admin = keyAdminOf(network);
    const { id } = await admin.call("POST", "/tenants", { name: "one place", max_concurrent_requests: 1 });
    const apiKey = (await admin.createKey({ tenant_id: id })).key;
    const first = ask({ key: randomUUID(), body: chatOf(), apiKey });
    await until("the call", async () => network.mock.calls().length === 1);
    const second = await ask({ key: randomUUID(), body: chatOf(), apiKey });
    expect([second.status, codeOf(second)]).toEqual([429, "rate_limited"]);
    const third = await ask({
      key: randomUUID(),
      body: chatOf(),
      apiKey,
      headers: { prefer: "respond-async" },
    });
    expect(third.status).toBe(202);
    expect((await first).status).toBe(200);
    await until(
      "a free place",
      async () => (await ask({ key: "later", body: chatOf(), apiKey })).status === 200,
    );
  });

  it("may hang up: its request goes on, and the key finds the answer", async () => {
    network.mock.plan("up-gpt", { latencyMs: 300 });
    const asked = { key: randomUUID(), body: chatOf() };
    const leaving = new AbortController();
    const left = ask({ ...asked, signal: leaving.signal });
    await until("the call", async () => network.mock.calls().length === 1);
    leaving.abort();
    await expect(left).rejects.toThrow(/aborted/);
    expect(await ask(asked)).toMatchObject({ status: 200, isReplayed: true });
    expect(network.mock.calls()).toHaveLength(1);
  });
});
