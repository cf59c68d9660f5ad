import { expect, test } from "vitest";
import { applyRetention } from "../upkeep/apply-retention.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { addEndpoint, buildEvent, nextDeliveryId, webhookNowMs as nowMs } from "./build-webhooks.fixture.ts";
import { recordWebhookEvents } from "./record-events.ts";
import { createWebhookDeliveryRepository } from "./webhook-delivery-repository.ts";
import { createWebhookEndpointRepository } from "./webhook-endpoint-repository.ts";

const dayMs = 86_400_000;

describeDatabases(({ openMigrated }) => {
  async function setUp() {
    const { db } = await openMigrated();
    return {
      db,
      endpoints: createWebhookEndpointRepository(db),
      deliveries: createWebhookDeliveryRepository(db),
    };
  }

  test("an endpoint is seen and changed within its tenant and project only", async () => {
    const { db, endpoints } = await setUp();
    await addEndpoint(db, { id: "we_a", projectId: "prj_1" });
    const write = { nowMs: nowMs + 1 };
    const secret = { sealed: "s", hint: "h", oldUntilMs: null };
    for (const scope of [{ tenantId: "tenant-b" }, { tenantId: "tenant-a", projectId: "prj_2" }]) {
      expect(await endpoints.get("we_a", scope)).toBeNull();
      expect(await endpoints.list(scope)).toEqual([]);
      expect(await endpoints.update("we_a", { name: "mine" }, { ...write, ...scope })).toBeNull();
      expect(await endpoints.rotate("we_a", secret, { ...write, ...scope })).toBeNull();
      expect(await endpoints.disable("we_a", { reason: "x", ...write, ...scope })).toBeNull();
      expect(await endpoints.enable("we_a", { ...write, ...scope })).toBeNull();
      expect(await endpoints.remove("we_a", { ...write, ...scope })).toBeNull();
    }
    const own = { tenantId: "tenant-a", projectId: "prj_1" };
    expect(await endpoints.update("we_a", { name: "mine" }, { ...write, ...own })).toMatchObject({
      name: "mine",
      updatedAtMs: nowMs + 1,
      createdAtMs: nowMs,
    });
    expect(await endpoints.list({ tenantId: "tenant-a" })).toHaveLength(1);
    expect((await endpoints.remove("we_a", { ...write, ...own }))?.id).toBe("we_a");
    expect(await endpoints.get("we_a")).toBeNull();
  });

  test("a tenant gets no more endpoints than it may have", async () => {
    const { db, endpoints } = await setUp();
    await addEndpoint(db, { id: "we_1" });
    const next = {
      id: "we_2",
      tenantId: "tenant-a",
      projectId: null,
      name: "two",
      url: "https://two.example.com/",
      eventTypes: ["job.failed"],
      secret: { sealed: "s", hint: "h" },
    };
    expect(await endpoints.create(next, { nowMs, most: 1 })).toBeNull();
    expect(await endpoints.create({ ...next, tenantId: "tenant-b" }, { nowMs, most: 1 })).not.toBeNull();
    expect((await endpoints.page({ filters: { text: "TWO." }, limit: 5 })).items).toMatchObject([
      { id: "we_2" },
    ]);
  });

  test("enabling an endpoint forgets why it was disabled and that it failed", async () => {
    const { db, endpoints } = await setUp();
    await addEndpoint(db, { id: "we_a" });
    await db.updateTable("webhook_endpoints").set({ failing_since_ms: 5 }).execute();
    await endpoints.disable("we_a", { reason: "by hand", nowMs });
    expect((await endpoints.page({ filters: { isEnabled: false }, limit: 1 })).total).toBe(1);
    expect(await endpoints.enable("we_a", { nowMs })).toMatchObject({
      isEnabled: true,
      disabledReason: null,
      disabledAtMs: null,
      failingSinceMs: null,
    });
  });

  test("deliveries are listed newest first, page by page, and filtered", async () => {
    const { db, deliveries } = await setUp();
    await addEndpoint(db, { id: "we_a" });
    for (let number = 0; number < 5; number += 1)
      await recordWebhookEvents(db, {
        events: [buildEvent(number, { type: number === 2 ? "job.failed" : "job.succeeded" })],
        newId: nextDeliveryId,
        nowMs: nowMs + Math.floor(number / 2),
      });
    const filters = { tenantId: "tenant-a", endpointId: "we_a" };
    const seen: string[] = [];
    for (let after = null; ;) {
      const page = await deliveries.list({ filters, limit: 2, after });
      seen.push(...page.map(({ eventId }) => eventId));
      after = page.at(-1) ?? null;
      if (after === null) break;
    }
    expect(seen).toEqual([4, 3, 2, 1, 0].map((number) => buildEvent(number).id));
    const total = async (more: object) =>
      (await deliveries.page({ filters: { ...filters, ...more }, limit: 1 })).total;
    expect(await total({ eventTypes: ["job.failed"] })).toBe(1);
    expect(await total({ fromMs: nowMs + 1, toMs: nowMs + 2 })).toBe(2);
    expect(await total({ states: ["failed", "delivered"] })).toBe(0);
    expect(await total({ eventId: buildEvent(3).id })).toBe(1);
    expect(await total({ tenantId: "tenant-b" })).toBe(0);
    const events = await deliveries.eventPage({ filters: { type: "job.failed" }, limit: 5 });
    expect(events.items).toEqual([buildEvent(2, { type: "job.failed" })]);
  });

  test("what has not ended is not sent again, what waits or failed can be discarded, and then sent again", async () => {
    const { db, deliveries, endpoints } = await setUp();
    await addEndpoint(db, { id: "we_a" });
    await recordWebhookEvents(db, { events: [buildEvent(1)], newId: nextDeliveryId, nowMs });
    const [delivery] = (await deliveries.page({ limit: 1 })).items;
    const id = delivery?.id ?? "";
    expect((await deliveries.redeliver(id, { nowMs })).kind).toBe("open");
    expect((await deliveries.redeliver(id, { nowMs, tenantId: "tenant-b" })).kind).toBe("missing");
    expect(await deliveries.discard(id, { nowMs, tenantId: "tenant-b" })).toBeNull();
    expect(await deliveries.discard(id, { nowMs })).toMatchObject({ state: "discarded" });
    expect(await deliveries.discard(id, { nowMs })).toBeNull();
    await endpoints.disable("we_a", { reason: "x", nowMs });
    expect((await deliveries.redeliver(id, { nowMs })).kind).toBe("no_endpoint");
    await endpoints.enable("we_a", { nowMs });
    expect(await deliveries.redeliver(id, { nowMs: nowMs + 5 })).toMatchObject({
      kind: "again",
      delivery: { state: "pending", trigger: "manual", nextAttemptAtMs: nowMs + 5, finishedAtMs: null },
    });
  });

  test("bulk redelivery takes what failed in a time, at most as many as asked for, and goes on where it stopped", async () => {
    const { db, deliveries } = await setUp();
    await addEndpoint(db, { id: "we_a" });
    const events = Array.from({ length: 7 }, (_, index) => buildEvent(index));
    for (const [index, event] of events.entries())
      await recordWebhookEvents(db, { events: [event], newId: nextDeliveryId, nowMs: nowMs + index });
    await db.updateTable("webhook_deliveries").set({ state: "failed" }).execute();
    await db
      .updateTable("webhook_deliveries")
      .set({ state: "delivered" })
      .where("event_id", "=", buildEvent(3).id)
      .execute();
    const filters = { endpointId: "we_a", fromMs: nowMs + 1 };
    const bulk = { filters, onlyFailed: true, limit: 4, nowMs: nowMs + 100 };
    expect(await deliveries.redeliverMany(bulk)).toBe(4);
    expect(await deliveries.redeliverMany(bulk)).toBe(1);
    expect(await deliveries.redeliverMany(bulk)).toBe(0);
    expect(await deliveries.redeliverMany({ ...bulk, onlyFailed: false })).toBe(1);
    const left = await deliveries.page({ filters: { states: ["failed"] }, limit: 9 });
    expect(left.items.map(({ eventId }) => eventId)).toEqual([buildEvent(0).id]);
  });

  test("events go after 30 days, with deliveries and attempts; younger ones stay", async () => {
    const { db, deliveries } = await setUp();
    await addEndpoint(db, { id: "we_a" });
    const events = [buildEvent(1, { createdAtMs: nowMs - 30 * dayMs - 1 }), buildEvent(2)];
    await recordWebhookEvents(db, { events, newId: nextDeliveryId, nowMs });
    expect(await applyRetention(db, { nowMs })).toMatchObject({ webhookEvents: 1 });
    const { items } = await deliveries.page({ limit: 9 });
    expect(items.map(({ eventId }) => eventId)).toEqual([buildEvent(2).id]);
  });
});
