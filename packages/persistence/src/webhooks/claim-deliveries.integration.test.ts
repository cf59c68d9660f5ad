import type { JobWebhook } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import type { Database } from "../open-database.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { addEndpoint, buildEvent, nextDeliveryId, webhookNowMs as nowMs } from "./build-webhooks.fixture.ts";
import { recordWebhookEvents } from "./record-events.ts";
import { createSigningSecretRepository } from "./signing-secret-repository.ts";
import { createWebhookDeliveryRepository } from "./webhook-delivery-repository.ts";
import { createWebhookEndpointRepository } from "./webhook-endpoint-repository.ts";

const claim = { nowMs, perReceiver: 3, limit: 100 };

describeDatabases(({ openMigrated, openAgain }) => {
  async function withEvents(db: Database["db"], tenantId: string, count: number, from = 0) {
    const events = Array.from({ length: count }, (_, index) => buildEvent(from + index, { tenantId }));
    await recordWebhookEvents(db, { events, newId: nextDeliveryId, nowMs });
  }
  async function twoReceivers(db: Database["db"]) {
    await addEndpoint(db, { id: "we_a" });
    await addEndpoint(db, { id: "we_b", tenantId: "tenant-b" });
    await withEvents(db, "tenant-a", 10);
    await withEvents(db, "tenant-b", 2, 100);
  }

  test("each receiver gets its window, so that a long backlog of one holds up no other", async () => {
    const { db } = await openMigrated();
    await twoReceivers(db);
    const deliveries = createWebhookDeliveryRepository(db);
    const claimed = await deliveries.claim(claim);
    expect(claimed.map(({ receiver }) => receiver).toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => "we_a"),
      ...Array.from({ length: 2 }, () => "we_b"),
    ]);
    expect(claimed[0]).toEqual({
      id: expect.stringMatching(/^whd_/),
      attempt: 1,
      receiver: "we_a",
      url: "https://we-a.example.com/hook",
      sealedSecrets: ["sealed-we_a"],
      event: buildEvent(0),
    });
    expect(await deliveries.claim(claim)).toEqual([]);
    expect(await deliveries.countSending()).toBe(5);
  });

  test("several gateways that claim at once never get the same delivery, nor more than the window", async () => {
    const database = await openMigrated();
    const other = (await openAgain(database)) ?? database;
    await twoReceivers(database.db);
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        createWebhookDeliveryRepository(index % 2 === 0 ? database.db : other.db).claim(claim),
      ),
    );
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(5);
  });

  test("only what is due is claimed, and no more than asked for", async () => {
    const { db } = await openMigrated();
    await twoReceivers(db);
    const deliveries = createWebhookDeliveryRepository(db);
    expect(await deliveries.claim({ ...claim, nowMs: nowMs - 1 })).toEqual([]);
    expect(await deliveries.claim({ ...claim, limit: 4 })).toHaveLength(4);
  });

  test("what was given back or lost is claimed again under the same number", async () => {
    const { db } = await openMigrated();
    await twoReceivers(db);
    const deliveries = createWebhookDeliveryRepository(db);
    const first = await deliveries.claim(claim);
    const givenBack = first.slice(0, 1).map(({ id }) => id);
    expect(await deliveries.giveBack({ ids: givenBack }, { nowMs })).toBe(1);
    expect(await deliveries.giveBack({ ids: [] }, { nowMs })).toBe(0);
    expect(await deliveries.giveBack({ sentBeforeMs: nowMs, limit: 10 }, { nowMs })).toBe(0);
    expect(await deliveries.giveBack({ sentBeforeMs: nowMs + 1, limit: 10 }, { nowMs })).toBe(4);
    const again = await deliveries.claim(claim);
    expect(again.map(({ id, attempt }) => `${id} ${attempt}`).toSorted()).toEqual(
      first.map(({ id }) => `${id} 1`).toSorted(),
    );
  });

  test("both secrets sign while they overlap, and the URL is the endpoint's of now", async () => {
    const { db } = await openMigrated();
    await addEndpoint(db, { id: "we_a" });
    const endpoints = createWebhookEndpointRepository(db);
    const secret = { sealed: "sealed-new", hint: "whsec_...wxyz", oldUntilMs: nowMs + 1_000 };
    await withEvents(db, "tenant-a", 3);
    await endpoints.rotate("we_a", secret, { nowMs });
    await endpoints.update("we_a", { url: "https://moved.example.com/" }, { nowMs });
    const deliveries = createWebhookDeliveryRepository(db);
    const [one] = await deliveries.claim({ ...claim, limit: 1 });
    expect(one).toMatchObject({
      url: "https://moved.example.com/",
      sealedSecrets: ["sealed-new", "sealed-we_a"],
    });
    const [later] = await deliveries.claim({ ...claim, nowMs: nowMs + 1_000, limit: 1 });
    expect(later?.sealedSecrets).toEqual(["sealed-new"]);
    await endpoints.rotate("we_a", { ...secret, sealed: "sealed-third", oldUntilMs: null }, { nowMs });
    const [third] = await deliveries.claim({ ...claim, limit: 1 });
    expect(third?.sealedSecrets).toEqual(["sealed-third"]);
  });

  test("a job's URL is signed with its own secret, else with its tenant's, which is made once", async () => {
    const { db } = await openMigrated();
    const own = { url: "https://own.example.com/x", sealedSecret: "sealed-own", eventTypes: null };
    await recordWebhookEvents(db, {
      events: [buildEvent(1), buildEvent(2)],
      jobWebhooks: new Map<string, JobWebhook>([
        [buildEvent(1).id, own],
        [buildEvent(2).id, { ...own, url: "https://plain.example.com/", sealedSecret: null }],
      ]),
      newId: nextDeliveryId,
      nowMs,
    });
    const deliveries = createWebhookDeliveryRepository(db);
    const secretsByUrl = async () =>
      Object.fromEntries(
        (await deliveries.claim(claim)).map(({ url, sealedSecrets }) => [url, sealedSecrets]),
      );
    expect(await secretsByUrl()).toEqual({
      "https://own.example.com/x": ["sealed-own"],
      "https://plain.example.com/": [],
    });
    const secrets = createSigningSecretRepository(db);
    await secrets.ensure("tenant-a", { sealed: "sealed-tenant", hint: "whsec_...1" }, { nowMs });
    await secrets.ensure("tenant-a", { sealed: "sealed-late", hint: "whsec_...2" }, { nowMs });
    await deliveries.giveBack({ sentBeforeMs: nowMs + 1, limit: 10 }, { nowMs });
    expect(await secretsByUrl()).toMatchObject({ "https://plain.example.com/": ["sealed-tenant"] });
    const rotated = await secrets.rotate(
      "tenant-a",
      { sealed: "sealed-next", hint: "whsec_...3", oldUntilMs: nowMs + 5 },
      { nowMs },
    );
    expect(rotated).toMatchObject({ hint: "whsec_...3", oldUntilMs: nowMs + 5 });
    await deliveries.giveBack({ sentBeforeMs: nowMs + 1, limit: 10 }, { nowMs });
    expect(await secretsByUrl()).toMatchObject({
      "https://plain.example.com/": ["sealed-next", "sealed-tenant"],
    });
  });

  test("what waits for a deleted endpoint is discarded, also when its attempt was under way", async () => {
    const { db } = await openMigrated();
    await addEndpoint(db, { id: "we_a" });
    await withEvents(db, "tenant-a", 2);
    const deliveries = createWebhookDeliveryRepository(db);
    const [sending] = await deliveries.claim({ ...claim, limit: 1 });
    const removed = await createWebhookEndpointRepository(db).remove("we_a", { nowMs });
    expect(removed?.id).toBe("we_a");
    const states = async () =>
      (await deliveries.page({ limit: 9 })).items.map(({ state }) => state).toSorted();
    expect(await states()).toEqual(["discarded", "sending"]);
    // It was lost instead of being told.
    await deliveries.giveBack({ ids: [sending?.id ?? ""] }, { nowMs });
    expect(await deliveries.claim(claim)).toEqual([]);
    expect(await states()).toEqual(["discarded", "discarded"]);
  });
});
