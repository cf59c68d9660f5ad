import { openDatabase } from "@tokenhub/persistence";
import { until } from "@tokenhub/testkit";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { openInsightSite, type InsightSite, type Json } from "./insight-site.ts";

let site: InsightSite;
const usage = { inputTokens: 100, outputTokens: 50 };

beforeAll(async () => {
  site = await openInsightSite({ redisUrl: inject("redisUrl") });
  site.network.mock.plan("up-gpt", { usage });
});
afterAll(() => site[Symbol.asyncDispose]());

async function counterOf(name: string, labels: string): Promise<number> {
  const text = await (await fetch(`${site.network.url}/metrics`)).text();
  const line = text
    .split("\n")
    .find((candidate) => candidate.startsWith(`${name}{`) && candidate.includes(labels));
  return line === undefined ? 0 : Number(line.split(" ").at(-1));
}

it("S0-11: one API serves chat, provider management and metrics", async () => {
  expect((await site.ask({ model: "gpt-test" })).status).toBe(200);
  for (const path of ["/providers", "/models", "/stats", "/tsdb/metrics", "/health"])
    expect([path, (await site.get(path)).status]).toEqual([path, 200]);
  expect((await fetch(`${site.network.url}/metrics`)).status).toBe(200);
});

it("S2-41: a request that is not valid makes no call and no record; one that is counts the same in Prometheus and in SQL", async () => {
  const callsBefore = site.network.mock.calls().length;
  const tokensBefore = await counterOf("tokenhub_tokens_used_total", 'model="gpt-test"');
  const refused = await site.ask({ model: "no-such-model" });
  expect(refused.status).toBe(404);
  const { requestId } = await site.ask({ model: "gpt-test" });
  const record = await site.explained(requestId);
  expect(site.network.mock.calls().length).toBe(callsBefore + 1);
  expect((await site.get(`/requests/${refused.requestId}`)).status).toBe(404);
  expect(record["total_tokens"]).toBe(150);
  expect(await counterOf("tokenhub_tokens_used_total", 'model="gpt-test"')).toBe(tokensBefore + 150);
});

it("S3-66: two hundred requests at once are each recorded once, and every sum agrees with the upstream's count", async () => {
  await using own = await openInsightSite({ redisUrl: inject("redisUrl") });
  own.network.mock.plan("up-gpt", { usage });
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => own.ask({ model: "gpt-test", stream: index % 2 === 0 })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const ids = new Set(answers.map(({ requestId }) => requestId));
  expect(ids.size).toBe(200);
  await until("all of them", async () => (await own.get("/requests")).json["total"] === 200);
  expect(own.network.mock.calls()).toHaveLength(200);

  const listed = (await own.get("/requests?limit=1000")).json["items"] as Json[];
  expect(new Set(listed.map(({ request_id }) => request_id))).toEqual(ids);
  const costUsd = 200 * 150 * 0.000_002;
  const [day] = ((await own.get("/stats")).json["global"] as Json[]).slice(-1);
  expect(day).toMatchObject({
    request_count: 200,
    total_tokens: 30_000,
    total_cost_usd: expect.closeTo(costUsd, 9),
  });
  const { providers } = (await own.get("/health")).json as { providers: Json[] };
  expect(providers.find(({ provider_id }) => provider_id === "openai-up")).toMatchObject({
    total_requests: 200,
    total_errors: 0,
  });
  expect((await own.get("/rewards")).json["total"]).toBe(200);
  await using database = await openDatabase({
    kind: "sqlite",
    path: join(own.network.dataDirectory, "tokenhub.db"),
  });
  const [spend] = await database.db
    .selectFrom("spend")
    .selectAll()
    .where("scope_kind", "=", "tenant")
    .execute();
  expect(spend).toMatchObject({ request_count: 200, cost_nano_usd: Math.round(costUsd * 1e9) });
  const events = await database.db
    .selectFrom("events")
    .select("type")
    .where("type", "=", "route_success")
    .execute();
  expect(events).toHaveLength(200);
});
