import { until } from "@tokenhub/testkit";
import { describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { openSite } from "../lifecycle/site.ts";
import { followEvents } from "./event-stream.ts";
import { adminToken, openInsightSite } from "./insight-site.ts";

const redisUrl = inject("redisUrl");

describe("GET /admin/v1/events", () => {
  it("S2-40: begins with `connected` and tells of an answer with the documented fields", async () => {
    await using site = await openInsightSite({ redisUrl });
    await using stream = await followEvents(site.network);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    await until("the first frame", () => stream.seen.length === 1);
    expect(stream.seen[0]).toMatchObject({ type: "connected", data: { status: "ok" } });
    site.network.mock.plan("up-gpt", { usage: { inputTokens: 1_000, outputTokens: 500 } });
    const { requestId } = await site.ask({ model: "gpt-test" });
    const event = await until("the event", () => stream.seen.find(({ type }) => type === "route_success"));
    expect(event.id).toBeGreaterThan(0);
    expect(event.data).toMatchObject({
      type: "route_success",
      timestamp: expect.stringMatching(/Z$/),
      request_id: requestId,
      model_id: "gpt-test",
      provider_id: "openai-up",
      mode: "normal",
      reason: "named",
      cost_usd: 0.003,
      input_tokens: 1_000,
      output_tokens: 500,
      total_tokens: 1_500,
      latency_ms: expect.any(Number),
    });
    expect(event.data).not.toHaveProperty("error_class");
  });

  it("S3-25, S1-32: tells of an escalation, of the failing provider's health, and of the breaker that opens", async () => {
    await using site = await openInsightSite({ redisUrl });
    await using stream = await followEvents(site.network);
    await until("the first frame", () => stream.seen.length === 1);
    site.network.mock.plan("up-claude", { steps: [{ kind: "status", status: 401, repeat: true }] });
    for (let request = 0; request < 3; request++)
      await site.ask({ model: "claude-test", stream: request === 0, wishes: { allow_fallback: true } });
    const changes = await until("the open breaker", () => {
      const told = stream.seen.filter(({ type }) => type === "health_change");
      return told.some(({ data }) => data["new_breaker"] === "open") ? told : null;
    });
    expect(changes.map(({ data }) => data["provider_id"])).toEqual(changes.map(() => "anthropic-up"));
    expect(changes[0]?.data).toMatchObject({ old_state: "healthy", new_state: "degraded" });
    const types = await until("all that is told of the requests", () => {
      const told = stream.seen.map(({ type }) => type).filter((type) => type !== "health_change");
      return told.length >= 8 ? told : null;
    });
    expect(types.filter((type) => type === "escalation")).toHaveLength(3);
    expect(types.filter((type) => type === "stream_started")).toHaveLength(1);
    expect(types.filter((type) => type === "route_success")).toHaveLength(3);
    expect(stream.seen.find(({ type }) => type === "escalation")?.data).toMatchObject({
      from_model_id: "claude-test",
      from_provider_id: "anthropic-up",
      error_class: "auth",
    });
    // A provider that is taken out of the catalogue is told as well, and nothing is told twice.
    await site.network.reload({ providers: [], models: [], aliases: {} });
    await until("the removal", () =>
      stream.seen.some(
        ({ data }) => data["provider_id"] === "anthropic-up" && data["new_state"] === "removed",
      ),
    );
    const ids = stream.seen.flatMap(({ id }) => (id === null ? [] : [id]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("resumes behind the last event seen, by header or query, without a gap and without a repetition", async () => {
    await using site = await openInsightSite({ redisUrl });
    const first = await followEvents(site.network);
    for (let request = 0; request < 5; request++) await site.ask({ model: "gpt-test" });
    await until("five events", () => first.seen.filter(({ type }) => type === "route_success").length === 5);
    await first[Symbol.asyncDispose]();
    const ids = first.seen.filter(({ type }) => type === "route_success").map(({ id }) => Number(id));
    const lastEventId = Number(ids[1]);
    // These happen while nobody follows.
    for (let request = 0; request < 3; request++) await site.ask({ model: "gpt-test" });
    await using resumed = await followEvents(site.network, { lastEventId });
    await using byQuery = await followEvents(site.network, {
      query: `?after=${lastEventId}&types=route_success`,
    });
    await site.ask({ model: "gpt-test" });
    for (const stream of [resumed, byQuery]) {
      const told = await until("the seven behind it", () => {
        const behind = stream.seen.filter(({ type }) => type === "route_success");
        return behind.length >= 7 ? behind : null;
      });
      expect(told.map(({ id }) => id)).toEqual(
        Array.from({ length: 7 }, (_, index) => lastEventId + 1 + index),
      );
    }
  });

  it("tells on every gateway what happens on any, and a gateway that stops ends its streams at once", async () => {
    await using site = await openSite({
      redisUrl,
      env: { TOKENHUB_ADMIN_TOKEN: adminToken },
      config: (mockUrl) => catalogueOf(mockUrl, { openai: { models: { gpt: {} } } }),
    });
    const one = await site.startGateway();
    const other = await site.startGateway();
    await site.startRouter();
    await site.startProviderWorker();
    await using here = await followEvents(one);
    await using there = await followEvents(other);
    await until("both", () => here.seen.length + there.seen.length === 2);
    for (const gateway of [one, other]) await ask(gateway, { model: "gpt" });
    for (const stream of [here, there])
      await until(
        "both requests",
        () => stream.seen.filter(({ type }) => type === "route_success").length === 2,
      );
    expect(here.seen.slice(1)).toEqual(there.seen.slice(1));
    const startedAt = performance.now();
    await one[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it("tells when the vault is locked, opened and changed, with names and never with values", async () => {
    await using site = await openInsightSite({ redisUrl });
    await using stream = await followEvents(site.network, {
      query: "?types=vault_locked,vault_unlocked,vault_entry_changed",
    });
    const value = "a-value-nobody-may-see";
    expect((await site.send("PUT", "/vault/secrets/mine", { value })).status).toBe(200);
    expect((await site.send("POST", "/vault/lock")).status).toBe(200);
    const told = await until("both", () => {
      const events = stream.seen.slice(1);
      return events.length >= 2 ? events : null;
    });
    expect(told.map(({ type, data }) => [type, data["reason"]])).toEqual([
      ["vault_entry_changed", "written"],
      ["vault_locked", "request"],
    ]);
    expect(JSON.stringify(told)).toContain("mine");
    expect(JSON.stringify(told)).not.toContain(value);
  });

  it("refuses kinds of events that do not exist, and callers without a token", async () => {
    await using site = await openInsightSite({ redisUrl });
    expect(await site.get("/events?types=route_sucess")).toMatchObject({ status: 400 });
    expect((await fetch(`${site.network.url}/admin/v1/events`)).status).toBe(401);
  });
});
