import { startTestRedis, until, type TestRedis } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  findPostgres,
  startPostgres,
  type PostgresServer,
} from "../../packages/persistence/src/testing/start-postgres.ts";
import { ask } from "./ask.ts";
import { catalogueOf } from "./catalogue-of.ts";
import { recordedIds, rowOf, type RowStore } from "./request-rows.ts";
import { openSite, type Site } from "./site.ts";

const binaries = await findPostgres();
if (binaries === null) console.warn("no PostgreSQL on this machine: its half of this suite is skipped");

let server: PostgresServer | null = null;
let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
  if (binaries !== null) server = await startPostgres(binaries);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

/** An empty database of its own: its URL, or null for SQLite in the site's folder. */
function newDatabase(kind: "SQLite" | "PostgreSQL"): Promise<string | null> {
  return kind === "SQLite" || server === null ? Promise.resolve(null) : server.createDatabase();
}

/** A Redis of its own: connections to it are cut, which others' must not be. */
async function openOn(databaseUrl: string | null): Promise<{ site: Site; store: RowStore }> {
  const redisUrl = redis.url;
  const site = await openSite(databaseUrl === null ? { redisUrl } : { redisUrl, databaseUrl });
  return { site, store: databaseUrl === null ? site : { databaseUrl } };
}

describe.each(["SQLite", "PostgreSQL"] as const)("an installation on %s", (kind) => {
  it.skipIf(kind === "PostgreSQL" && binaries === null)(
    "answers, streams, fails and remembers it, and its next start finds the rows",
    async () => {
      const { site, store } = await openOn(await newDatabase(kind));
      await using _site = site;
      const gateway = await site.startAll();
      site.mock.plan("up-gpt", { text: "Grüße \u0000 😀", usage: { inputTokens: 10, outputTokens: 5 } });
      const whole = await ask(gateway, { model: "gpt-test" });
      const stream = await ask(gateway, { model: "claude-test", stream: true, format: "anthropic" });
      site.mock.plan("up-gpt", {
        steps: [{ kind: "status", status: 400, message: "nul \u0000 in a message" }],
      });
      const failure = await ask(gateway, { model: "gpt-test" });
      expect([whole.status, stream.status, failure.status]).toEqual([200, 200, 400]);

      expect(await rowOf(store, whole.requestId)).toMatchObject({
        outcome: "succeeded",
        modelId: "gpt-test",
        stream: false,
        usage: { inputTokens: 10, outputTokens: 5 },
        costNanoUsd: 30_000,
        decision: { reason: "named" },
      });
      expect(await rowOf(store, stream.requestId)).toMatchObject({ outcome: "succeeded", stream: true });
      expect(await rowOf(store, failure.requestId)).toMatchObject({
        outcome: "failed",
        errorCode: "provider_bad_request",
        attempts: [{ failure: { class: "bad_request" } }],
      });

      await gateway[Symbol.asyncDispose]();
      const next = await site.startGateway();
      expect((await ask(next, { model: "gpt-test" })).status).toBe(200);
      expect((await fetch(`${next.url}/readyz`)).status).toBe(200);
      await until("the row of the new request", async () => (await recordedIds(store)).length === 4);
    },
  );
});

describe.skipIf(binaries === null)("two gateways on one PostgreSQL and one Redis", () => {
  it("start at once on an empty database, and each gives its callers their own answers, recorded once", async () => {
    const { site, store } = await openOn(await newDatabase("PostgreSQL"));
    await using _site = site;
    const gateways = await Promise.all([site.startGateway(), site.startGateway()]);
    await site.startRouter();
    await site.startProviderWorker();
    site.mock.plan("up-gpt", { latencyMs: 50 });
    const answers = await Promise.all(
      gateways.flatMap((gateway, side) =>
        Array.from({ length: 40 }, async (_, index) => {
          const content = `question ${index} of side ${side}`;
          return {
            content,
            answer: await ask(gateway, { model: "gpt-test", content, stream: index % 2 === 0 }),
          };
        }),
      ),
    );
    for (const { content, answer } of answers) {
      expect(answer.status).toBe(200);
      expect(answer.text).toContain(content);
    }
    const expected = new Set(answers.map(({ answer }) => answer.requestId));
    await until("all rows", async () => (await recordedIds(store)).length === 80);
    expect(new Set(await recordedIds(store))).toEqual(expected);
  });

  it("share their catalogue: what one reloads the other offers, and no reconnection brings the old one back", async () => {
    const { site } = await openOn(await newDatabase("PostgreSQL"));
    await using _site = site;
    const [first, second] = await Promise.all([site.startGateway(), site.startGateway()]);
    await site.startRouter();
    await site.startProviderWorker();
    expect((await ask(second, { model: "newest" })).status).toBe(404);
    await first.reload(site.productOf(catalogueOf(site.mock.url, { newcomer: { models: { newest: {} } } })));
    await until("the other gateway to offer it", async () => {
      return (await ask(second, { model: "newest" })).status === 200;
    });
    expect((await ask(second, { model: "gpt-test" })).status).toBe(404);

    const published = await site.redis.get(site.keyspace.catalogue);
    const clients = String(await site.redis.call("CLIENT", "LIST")).split("\n");
    for (const client of clients.filter((line) => line.includes("name=gateway ")))
      await site.redis.call("CLIENT", "KILL", "ID", /id=(\d+)/.exec(client)?.[1] ?? "");
    for (const gateway of [first, second])
      await until("it to be back", async () => (await ask(gateway, { model: "newest" })).status === 200);
    expect(await site.redis.get(site.keyspace.catalogue)).toBe(published);
  });

  it("go on when one of them stops and when the database drops all connections", async () => {
    const { site, store } = await openOn(await newDatabase("PostgreSQL"));
    await using _site = site;
    const [first, second] = await Promise.all([site.startGateway(), site.startGateway()]);
    await site.startRouter();
    await site.startProviderWorker();
    await first[Symbol.asyncDispose]();
    await server?.dropConnections();
    const answer = await ask(second, { model: "gpt-test" });
    expect(answer.status).toBe(200);
    expect(await rowOf(store, answer.requestId)).toMatchObject({ outcome: "succeeded" });
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  });
});
