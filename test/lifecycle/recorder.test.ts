import { freePort, until } from "@tokenhub/testkit";
import Database from "better-sqlite3";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ask } from "./ask.ts";
import { catalogueOf } from "./catalogue-of.ts";
import { recordedIds, rowOf } from "./request-rows.ts";
import { openSite, type Site } from "./site.ts";

describe("the request log", () => {
  let site: Site;
  let gateway: { readonly url: string };

  beforeAll(async () => {
    site = await openSite({
      redisUrl: inject("redisUrl"),
      config: (mockUrl) =>
        catalogueOf(mockUrl, {
          openai: { models: { gpt: { price: 0.002 } } },
          claude: { type: "anthropic", models: { claude: { price: 0.01 } } },
        }),
    });
    gateway = await site.startAll();
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it("has exactly one row per accepted request, whatever its end, with model, provider, tokens, cost and decision", async () => {
    const usage = { inputTokens: 1_000, outputTokens: 500 };
    site.mock.plan("up-gpt", { usage });
    site.mock.plan("up-claude", { usage });
    const whole = await ask(gateway, { model: "gpt" });
    const stream = await ask(gateway, { model: "claude", stream: true });
    const crossing = await ask(gateway, { model: "claude", format: "openai" });
    site.mock.plan("up-gpt", {
      steps: [{ kind: "status", status: 400 }, { kind: "hang" }, { kind: "hang" }],
    });
    const bad = await ask(gateway, { model: "gpt" });
    const late = await ask(gateway, { model: "gpt", headers: { "x-tokenhub-timeout-ms": "200" } });
    const impatient = new AbortController();
    const abandoned = ask(gateway, { model: "gpt", signal: impatient.signal }).catch(
      (error: Error) => error.message,
    );
    const call = await site.mock.waitForCall(({ outcome }) => outcome === "hanging", 5_000);
    impatient.abort();
    expect(await abandoned).toContain("aborted");
    const cancelledId = String(call.requestId);
    const unfit = await ask(gateway, { wishes: { max_cost_per_1k: 0.000001 } });
    // Refused at the door: nothing was accepted, so there is no row.
    await ask(gateway, { model: "nobody" });
    await ask(gateway, { model: "gpt", headers: { authorization: "Bearer wrong" } });

    const succeeded = { outcome: "succeeded", attemptCount: 1, errorCode: null };
    const tokens = { usage: { ...usage, source: "provider" } };
    expect(await rowOf(site, whole.requestId)).toMatchObject({
      ...succeeded,
      ...tokens,
      modelId: "gpt",
      providerId: "openai",
      upstreamModel: "up-gpt",
      requestedModel: "gpt",
      tenantId: "default",
      stream: false,
      costNanoUsd: 3_000_000,
      decision: { chosen: { modelId: "gpt", providerId: "openai" }, reason: "named" },
    });
    const streamRow = await rowOf(site, stream.requestId);
    expect(streamRow).toMatchObject({
      ...succeeded,
      ...tokens,
      modelId: "claude",
      providerId: "claude",
      stream: true,
      costNanoUsd: 15_000_000,
    });
    expect(streamRow.timeToFirstTokenMs).toBeLessThanOrEqual(streamRow.durationMs);
    expect(await rowOf(site, crossing.requestId)).toMatchObject({ ...succeeded, ...tokens });
    expect(await rowOf(site, bad.requestId)).toMatchObject({
      outcome: "failed",
      errorCode: "provider_bad_request",
      failureClass: "bad_request",
      modelId: "gpt",
      usage: null,
      costNanoUsd: null,
    });
    expect(await rowOf(site, late.requestId)).toMatchObject({ outcome: "failed", failureClass: "deadline" });
    expect(await rowOf(site, cancelledId)).toMatchObject({ outcome: "cancelled", modelId: "gpt" });
    expect(await rowOf(site, unfit.requestId)).toMatchObject({
      outcome: "failed",
      errorCode: "no_eligible_model",
      attemptCount: 0,
    });
    const ids = await recordedIds(site);
    const accepted = [whole, stream, crossing, bad, late, unfit].map(({ requestId }) => requestId);
    expect(new Set(ids)).toEqual(new Set([...accepted, cancelledId]));
    expect(ids).toHaveLength(7);
    await until(
      "the facts to be acknowledged",
      async () => (await site.redis.xlen(site.keyspace.facts)) === 0,
    );
  });
});

describe("a gateway that is killed", () => {
  it("after it read facts and before it wrote them loses no row: the next one writes each once", async () => {
    await using site = await openSite({ redisUrl: inject("redisUrl") });
    await site.startRouter();
    await site.startProviderWorker();
    const port = await freePort();
    const gateway = { url: `http://127.0.0.1:${port}` };
    const first = await site.startProcess("gateway", { TOKENHUB_PORT: String(port) });
    const { facts } = site.keyspace;

    // Whoever holds the write lock keeps the gateway between reading a fact and writing its row.
    const database = new Database(join(site.directory, "tokenhub.db"));
    database.exec("begin immediate");
    site.mock.plan("up-gpt", { latencyMs: 100 });
    const outcomes = Promise.allSettled(
      Array.from({ length: 20 }, () => ask(gateway, { model: "gpt-test" })),
    );
    await until("all facts", async () => (await site.redis.xlen(facts)) >= 20, 30_000);
    const pending = await until("some of them to be read", async () => {
      const entries = (await site.redis.xpending(facts, "recorder", "-", "+", 100)) as [string, string][];
      return entries.length > 0 ? entries : null;
    });
    await first.kill();
    database.exec("rollback");
    database.close();
    await outcomes;
    expect(await recordedIds(site)).toEqual([]);

    // As if the half minute had passed after which a dead recorder's facts are taken over.
    for (const [id, consumer] of pending)
      await site.redis.xclaim(facts, "recorder", consumer, 0, id, "IDLE", 60_000, "JUSTID");
    await using _second = await site.startProcess("gateway", { TOKENHUB_PORT: String(port) });
    const called = site.mock.calls().map((call) => String(call.requestId));
    expect(called).toHaveLength(20);
    await until("all rows", async () => (await recordedIds(site)).length === 20);
    expect(new Set(await recordedIds(site))).toEqual(new Set(called));
    await until("the facts to be acknowledged", async () => (await site.redis.xlen(facts)) === 0);
  });
});
