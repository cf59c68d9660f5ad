import type { JobWebhook, WebhookEvent } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import type { Database } from "../open-database.ts";
import { transaction } from "../transaction.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { addEndpoint, buildEvent, nextDeliveryId, webhookNowMs as nowMs } from "./build-webhooks.fixture.ts";
import { recordWebhookEvents, type EventsToRecord } from "./record-events.ts";
import { createWebhookDeliveryRepository } from "./webhook-delivery-repository.ts";
import { createWebhookEndpointRepository } from "./webhook-endpoint-repository.ts";

describeDatabases(({ openMigrated, openAgain }) => {
  const record = (db: Database["db"], events: readonly WebhookEvent[], more: Partial<EventsToRecord> = {}) =>
    recordWebhookEvents(db, { events, newId: nextDeliveryId, nowMs, ...more });
  const eventCount = async (db: Database["db"]) =>
    (await createWebhookDeliveryRepository(db).eventPage({ limit: 1 })).total;
  const receiversOf = async (db: Database["db"]) =>
    (await createWebhookDeliveryRepository(db).page({ limit: 50 })).items
      .map(({ eventId, endpointId, url }) => `${eventId.slice(-1)} ${endpointId ?? url}`)
      .toSorted();

  test("an event goes to every enabled endpoint of its tenant and project that wants its type", async () => {
    const { db } = await openMigrated();
    await addEndpoint(db, { id: "we_all" });
    await addEndpoint(db, { id: "we_project", projectId: "prj_1" });
    await addEndpoint(db, { id: "we_other_project", projectId: "prj_2" });
    await addEndpoint(db, { id: "we_failures", eventTypes: ["job.failed"] });
    await addEndpoint(db, { id: "we_stranger", tenantId: "tenant-b" });
    await addEndpoint(db, { id: "we_off" });
    await createWebhookEndpointRepository(db).disable("we_off", { reason: "test", nowMs });
    const events = [
      buildEvent(1, { projectId: "prj_1" }),
      buildEvent(2, { type: "job.failed" }),
      buildEvent(3, { tenantId: "tenant-b" }),
    ];
    expect(await record(db, events)).toBe(5);
    expect(await receiversOf(db)).toEqual([
      "1 we_all",
      "1 we_project",
      "2 we_all",
      "2 we_failures",
      "3 we_stranger",
    ]);
  });

  test("an event that is told again, also by several gateways at once, is one event with one delivery each", async () => {
    const database = await openMigrated();
    const other = (await openAgain(database)) ?? database;
    await addEndpoint(database.db, { id: "we_1" });
    const events = Array.from({ length: 20 }, (_, index) => buildEvent(index));
    const counts = await Promise.all([
      record(database.db, events),
      record(other.db, events.toReversed()),
      record(database.db, events.slice(5)),
    ]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(await record(database.db, events)).toBe(0);
    expect(await eventCount(database.db)).toBe(20);
  });

  test("what nobody wants leaves no row", async () => {
    const { db } = await openMigrated();
    await addEndpoint(db, { id: "we_1", eventTypes: ["batch.completed"] });
    expect(await record(db, [buildEvent(1), buildEvent(2, { tenantId: "tenant-z" })])).toBe(0);
    expect(await record(db, [])).toBe(0);
    expect(await eventCount(db)).toBe(0);
  });

  test("a job's own URL is told of the job's end, or of the types that it names, beside the endpoints", async () => {
    const { db } = await openMigrated();
    await addEndpoint(db, { id: "we_1" });
    const own = { url: "https://own.example.com/x", sealedSecret: "sealed-own", eventTypes: null };
    const events = [buildEvent(1), buildEvent(2, { type: "response.completed" }), buildEvent(3)];
    await record(db, events, {
      jobWebhooks: new Map<string, JobWebhook>([
        [buildEvent(1).id, own],
        [buildEvent(2).id, own],
        [buildEvent(3).id, { ...own, eventTypes: ["job.failed"] }],
      ]),
    });
    expect(await receiversOf(db)).toEqual(["1 https://own.example.com/x", "1 we_1", "3 we_1"]);
  });

  test("events belong to the transaction that records them: when it fails, nothing is told", async () => {
    const { db } = await openMigrated();
    await addEndpoint(db, { id: "we_1" });
    await expect(
      transaction(db, async (begun) => {
        await record(begun, [buildEvent(1)]);
        throw new Error("rolled back");
      }),
    ).rejects.toThrow("rolled back");
    expect(await eventCount(db)).toBe(0);
    expect(await record(db, [buildEvent(1)])).toBe(1);
  });

  test("an event that was read back is what was told", async () => {
    const { db } = await openMigrated();
    await addEndpoint(db, { id: "we_1", projectId: "prj_1" });
    const event = buildEvent(1, { projectId: "prj_1", data: { id: "job_1", text: "ä\u0000💥", cost: 0.1 } });
    await record(db, [event]);
    expect(await createWebhookDeliveryRepository(db).event(event.id)).toEqual(event);
  });
});
