import { openDatabase } from "@tokenhub/persistence";
import { freePort, testApiKey, until } from "@tokenhub/testkit";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  findPostgres,
  startPostgres,
  type PostgresServer,
} from "../../packages/persistence/src/testing/start-postgres.ts";
import { openSite, type Site } from "../lifecycle/site.ts";
import { askWithKey, chatOf, codeOf } from "./ask-with-key.ts";

const binaries = await findPostgres();
if (binaries === null) console.warn("no PostgreSQL on this machine: its half of this suite is skipped");

let server: PostgresServer | null = null;
beforeAll(async () => {
  if (binaries !== null) server = await startPostgres(binaries);
});
afterAll(() => server?.[Symbol.asyncDispose]());

const path = "/v1/chat/completions";
const jobBody = { endpoint: path, body: chatOf() };

/** A gateway in a process of its own, which can be killed. */
async function startProcess(site: Site, port: number) {
  const service = await site.startProcess("gateway", { TOKENHUB_PORT: String(port) });
  return { service, url: `http://127.0.0.1:${port}`, apiKey: testApiKey };
}

describe("a caller whose wait runs out", () => {
  it("is told of the job, and the same key finds its answer, with one upstream call", async () => {
    const env = { TOKENHUB_SYNC_WAIT_MS: "500" };
    await using site = await openSite({ redisUrl: inject("redisUrl"), env });
    const gateway = { url: (await site.startAll()).url, apiKey: testApiKey };
    site.mock.plan("up-gpt", { latencyMs: 1_200 });
    for (const stream of [false, true]) {
      site.mock.clearCalls();
      const asked = { key: randomUUID(), body: chatOf("Hello", { stream }) };
      const early = await askWithKey(gateway, path, asked);
      expect([early.status, codeOf(early)]).toEqual([504, "sync_wait_timeout"]);
      expect(early.headers.get("x-should-retry")).toBe("false");
      const location = early.headers.get("location") ?? "";
      expect(location).toMatch(/^\/v1\/jobs\/job_[0-9a-f]{32}$/);
      expect(early.text).toContain(location);
      await until("the job's end", async () => {
        const response = await fetch(gateway.url + location, {
          headers: { authorization: `Bearer ${testApiKey}` },
        });
        return ((await response.json()) as { readonly status: string }).status === "succeeded";
      });
      const found = await askWithKey(gateway, path, asked);
      expect(found).toMatchObject({ status: 200, isReplayed: true });
      expect(site.mock.calls()).toHaveLength(1);
    }
  });

  it("behind a request that is still being handled is told so, and that it may ask again", async () => {
    const env = { TOKENHUB_SYNC_WAIT_MS: "200" };
    await using site = await openSite({ redisUrl: inject("redisUrl"), env });
    const gateway = { url: (await site.startGateway()).url, apiKey: testApiKey };
    await using database = await openDatabase({ kind: "sqlite", path: join(site.directory, "tokenhub.db") });
    const asked = { key: randomUUID(), body: jobBody };
    const { json } = await askWithKey(gateway, "/v1/jobs", asked);
    const { id: owner } = await database.db.selectFrom("gateways").select("id").executeTakeFirstOrThrow();
    await database.db
      .updateTable("idempotency_keys")
      .set({ status_code: null, headers_json: null, body: null, owner, lease_until_ms: Date.now() + 60_000 })
      .execute();
    const refused = await askWithKey(gateway, "/v1/jobs", asked);
    expect([refused.status, codeOf(refused)]).toEqual([409, "idempotency_key_in_use"]);
    expect(refused.headers.get("x-should-retry")).toBe("true");
    expect(refused.headers.get("retry-after-ms")).toBe("1000");

    // Had its gateway died, the request would be carried on under its own id: the job is there once.
    await database.db.updateTable("idempotency_keys").set({ owner: "gw_gone" }).execute();
    const carriedOn = await askWithKey(gateway, "/v1/jobs", asked);
    expect(carriedOn).toMatchObject({ status: 202, isReplayed: false });
    expect(carriedOn.json["id"]).toBe(json["id"]);
  });
});

describe.skipIf(binaries === null)("two gateways on one PostgreSQL", () => {
  async function openTwo() {
    const databaseUrl = (await server?.createDatabase()) ?? "";
    const site = await openSite({ redisUrl: inject("redisUrl"), databaseUrl });
    const gateways = await Promise.all([site.startGateway(), site.startGateway()]);
    await site.startRouter();
    await site.startProviderWorker();
    return { site, gateways: gateways.map(({ url }) => ({ url, apiKey: testApiKey })) };
  }

  it("know each other's keys: one upstream call, one job and one answer for requests to both at once", async () => {
    const { site, gateways } = await openTwo();
    await using _site = site;
    site.mock.plan("up-gpt", { tokens: 20, tokensPerSecond: 60 });
    for (const body of [chatOf(), chatOf("Hello", { stream: true })]) {
      site.mock.clearCalls();
      const key = randomUUID();
      const both = (times: number) =>
        Promise.all(
          Array.from({ length: times }, () =>
            gateways.map((gateway) => askWithKey(gateway, path, { key, body })),
          ).flat(),
        );
      const answers = [...(await both(5)), ...(await both(1))];
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      for (const { status } of answers) expect(status).toBe(200);
      expect(answers.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
      expect(site.mock.calls()).toHaveLength(1);
    }
    const key = randomUUID();
    const jobs = await Promise.all(
      gateways.flatMap((gateway) =>
        [1, 2, 3].map(() => askWithKey(gateway, "/v1/jobs", { key, body: jobBody })),
      ),
    );
    expect(new Set(jobs.map(({ json }) => json["id"])).size).toBe(1);
    for (const { status } of jobs) expect(status).toBe(202);
  });

  it("remember keys when Redis has lost everything", async () => {
    const { site, gateways } = await openTwo();
    await using _site = site;
    const asked = { key: randomUUID(), body: chatOf() };
    const [first, second] = gateways;
    if (first === undefined || second === undefined) throw new Error("two gateways were started");
    const answer = await askWithKey(first, path, asked);
    const prefix = site.keyspace.catalogue.replace(/}.*$/, "}");
    const lost = await site.redis.keys(`${prefix}*`);
    expect(lost.length).toBeGreaterThan(0);
    await site.redis.del(...lost);
    expect(await askWithKey(second, path, asked)).toMatchObject({ text: answer.text, isReplayed: true });
    expect(site.mock.calls()).toHaveLength(1);
  });
});

describe("a gateway that is killed with a request in flight", () => {
  it.each([
    { what: "whole answer", stream: false, end: "Hello" },
    { what: "stream in the middle of its text", stream: true, end: "data: [DONE]" },
  ])(
    "a $what: the retry attaches to it after the restart, with one upstream call",
    async ({ stream, end }) => {
      await using site = await openSite({ redisUrl: inject("redisUrl") });
      await site.startRouter();
      await site.startProviderWorker();
      const port = await freePort();
      const first = await startProcess(site, port);
      const text = "Hello, this is a text of some words that takes its time to arrive";
      site.mock.plan("up-gpt", stream ? { text, tokensPerSecond: 12 } : { text, latencyMs: 500 });
      const asked = { key: randomUUID(), body: chatOf("Hello", { stream }) };
      const lost = askWithKey(first, path, asked);
      await until(
        "the call",
        async () => (site.mock.calls()[0]?.completionTokensSent ?? -1) >= (stream ? 3 : 0),
      );
      await Promise.all([expect(lost).rejects.toThrow(/fetch failed|terminated/), first.service.kill()]);
      const second = await startProcess(site, port);
      const found = await askWithKey(second, path, asked);
      expect(found).toMatchObject({ status: 200, isReplayed: true });
      expect(found.text).toContain(end);
      expect((await askWithKey(second, path, asked)).text).toBe(found.text);
      expect(site.mock.calls()).toHaveLength(1);
    },
  );
});
