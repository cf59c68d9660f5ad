import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { openDatabase } from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { askWithKey, chatOf, codeOf, type Asked } from "./ask-with-key.ts";

let network: TestNetwork;
const ask = (path: string, asked: Asked) => askWithKey(network, path, asked);

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

async function idsAt(path: string): Promise<unknown[]> {
  const response = await fetch(network.url + path, {
    headers: { authorization: `Bearer ${network.apiKey}` },
  });
  const { data } = (await response.json()) as { readonly data: readonly { readonly id: unknown }[] };
  return data.map(({ id }) => id);
}

const messages = [{ role: "user", content: "Plan" }];
const job = { endpoint: "/v1/chat/completions", body: chatOf() };
const webhookEndpoint = { name: "mine", url: "https://example.com/hook", event_types: ["job.succeeded"] };

describe("a POST that is sent twice with one Idempotency-Key", () => {
  it.each([
    ["/v1/jobs", job, "/v1/jobs"],
    ["/v1/orchestrations", { mode: "adversarial", messages, background: true }, "/v1/orchestrations"],
    ["/v1/webhook_endpoints", webhookEndpoint, "/v1/webhook_endpoints"],
  ])("%s makes one, also when both are sent at once, and answers them alike", async (path, body, list) => {
    const key = randomUUID();
    const [first, second] = await Promise.all([ask(path, { key, body }), ask(path, { key, body })]);
    const third = await ask(path, { key, body });
    expect(first.status, first.text).toBeLessThan(300);
    for (const answer of [second, third]) {
      expect(answer.status).toBe(first.status);
      expect(answer.text).toBe(first.text);
      for (const name of ["location", "content-type", "x-request-id", "idempotency-expires"])
        expect([name, answer.headers.get(name)]).toEqual([name, first.headers.get(name)]);
    }
    expect([first, second].filter(({ isReplayed }) => isReplayed)).toHaveLength(1);
    expect(third.isReplayed).toBe(true);
    const { id } = first.json;
    if (list !== "/v1/orchestrations")
      expect((await idsAt(list)).filter((listed) => listed === id)).toHaveLength(1);
    const other = await ask(path, { key: randomUUID(), body });
    expect(other.json["id"]).not.toBe(id);
  });

  it("an upload, whose boundary is another each time, makes one file, and another file is 422", async () => {
    const key = randomUUID();
    const upload = async (text: string) => {
      const form = new FormData();
      form.set("purpose", "user_data");
      form.set("file", new Blob([text]), "lines.txt");
      const response = await fetch(`${network.url}/v1/files`, {
        method: "POST",
        headers: { authorization: `Bearer ${network.apiKey}`, "idempotency-key": key },
        body: form,
      });
      return { status: response.status, text: await response.text() };
    };
    const [first, second] = [await upload("one"), await upload("one")];
    expect(first.status, first.text).toBe(200);
    expect(second).toEqual(first);
    expect(await idsAt("/v1/files")).toHaveLength(1);
    expect((await upload("two")).status).toBe(422);
    expect(await idsAt("/v1/files")).toHaveLength(1);
  });

  it("a body that means nothing to its endpoint may be any", async () => {
    const { json } = await ask("/v1/jobs", {
      body: { ...job, not_before: Math.floor(Date.now() / 1_000) + 60 },
    });
    const path = `/v1/jobs/${String(json["id"])}/cancel`;
    const key = randomUUID();
    const [first, second] = [await ask(path, { key }), await ask(path, { key, body: { more: 1 } })];
    expect(first.status).toBe(200);
    expect(second).toMatchObject({ status: 200, text: first.text, isReplayed: true });
  });

  it("another body is 422 in the shape of the endpoint", async () => {
    const key = randomUUID();
    await ask("/v1/jobs", { key, body: job });
    const refused = await ask("/v1/jobs", { key, body: { ...job, priority: 1 } });
    expect([refused.status, codeOf(refused)]).toEqual([422, "idempotency_key_reused"]);
    expect(await ask("/v1/jobs", { key, body: job, headers: { "x-tokenhub-mode": "cheap" } })).toMatchObject({
      status: 422,
    });
  });

  it("what was refused gives its key back, and so does a path that is not there", async () => {
    const key = randomUUID();
    const refused = await ask("/v1/jobs", { key, body: { endpoint: "/v1/nothing" } });
    expect(refused.status).toBe(400);
    expect(refused.headers.get("idempotency-expires")).toBeNull();
    expect(await ask("/v1/jobs", { key, body: job })).toMatchObject({ status: 202, isReplayed: false });
    expect((await ask("/v1/none", { key, body: job })).status).toBe(404);
    expect((await ask("/v1/jobs", { key, body: job, apiKey: "wrong-key-0123456789" })).status).toBe(401);
  });

  it("a secret that is shown once is not to be read in the database", async () => {
    const body = { ...webhookEndpoint, name: "sealed" };
    const first = await ask("/v1/webhook_endpoints", { key: "for-the-seal", body });
    expect(first.text).toContain("whsec_");
    await using database = await openDatabase({
      kind: "sqlite",
      path: join(network.dataDirectory, "tokenhub.db"),
    });
    const rows = await database.db.selectFrom("idempotency_keys").selectAll().execute();
    const row = rows.find(({ idempotency_key }) => idempotency_key === "for-the-seal");
    expect(row?.body).toMatch(/^v1\./);
    expect(JSON.stringify(rows)).not.toContain("whsec_");
    expect((await ask("/v1/webhook_endpoints", { key: "for-the-seal", body })).text).toBe(first.text);
  });

  it("an expired key begins anew", async () => {
    await using database = await openDatabase({
      kind: "sqlite",
      path: join(network.dataDirectory, "tokenhub.db"),
    });
    const expire = (key: string) =>
      database.db
        .updateTable("idempotency_keys")
        .set({ expires_at_ms: Date.now() - 1 })
        .where("idempotency_key", "=", key)
        .execute();
    for (const [path, body] of [
      ["/v1/jobs", job],
      ["/v1/chat/completions", chatOf()],
    ] as const) {
      const key = randomUUID();
      const first = await ask(path, { key, body });
      await expire(key);
      const second = await ask(path, { key, body });
      expect(second).toMatchObject({ status: first.status, isReplayed: false });
      expect(second.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
    }
  });
});

describe("a response in the background", () => {
  const body = { model: "gpt-test", input: "Hello", background: true };

  it("is the same response each time it is asked for with one key", async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask("/v1/responses", { key, body })));
    const ids = new Set(answers.map(({ json }) => json["id"]));
    expect(ids.size).toBe(1);
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, json: { object: "response" } });
    expect(answers.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
    await until("its end", async () => {
      const response = await fetch(`${network.url}/v1/responses/${String([...ids][0])}`, {
        headers: { authorization: `Bearer ${network.apiKey}` },
      });
      return ((await response.json()) as { readonly status: string }).status === "completed";
    });
    const later = await ask("/v1/responses", { key, body });
    expect(later).toMatchObject({ status: 200, isReplayed: true });
    expect(ids).toContain(later.json["id"]);
    expect((await ask("/v1/responses", { key, body: { ...body, input: "Other" } })).status).toBe(422);
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("streams the same events to whoever joins", async () => {
    network.mock.plan("up-gpt", { tokens: 20, tokensPerSecond: 60 });
    const asked = { key: randomUUID(), body: { ...body, stream: true } };
    const first = ask("/v1/responses", asked);
    await until("the call", async () => network.mock.calls().length === 1);
    const joined = await ask("/v1/responses", asked);
    const { text } = await first;
    expect(text).toContain("response.completed");
    expect(joined.text).toBe(text);
    expect((await ask("/v1/responses", asked)).text).toBe(text);
    expect(network.mock.calls()).toHaveLength(1);
  });
});
