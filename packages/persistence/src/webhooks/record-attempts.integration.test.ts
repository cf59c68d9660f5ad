import type { WebhookAttemptedFact } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import type { Database } from "../open-database.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import type { AttemptDecider } from "./apply-attempt.ts";
import {
  addEndpoint,
  buildAttempted,
  buildEvent,
  nextDeliveryId,
  webhookNowMs as nowMs,
} from "./build-webhooks.fixture.ts";
import { recordWebhookAttempts } from "./record-attempts.ts";
import { recordWebhookEvents } from "./record-events.ts";
import { createWebhookDeliveryRepository } from "./webhook-delivery-repository.ts";
import { createWebhookEndpointRepository } from "./webhook-endpoint-repository.ts";

const refused = { outcome: "refused", statusCode: 500, problem: "It answered 500." } as const;
const gone = { outcome: "refused", statusCode: 410, problem: "Gone." } as const;
/** Two attempts, ten seconds apart. */
const decide: AttemptDecider = ({ attempted }) => {
  if (attempted.outcome === "delivered") return { kind: "delivered" };
  if (attempted.statusCode === 410) return { kind: "endpoint_gone", problem: "It answered 410." };
  return attempted.attempt < 2 ? { kind: "again", atMs: nowMs + 10_000 } : { kind: "given_up" };
};

describeDatabases(({ openMigrated, openAgain }) => {
  const record = (db: Database["db"], attempts: readonly WebhookAttemptedFact[], decider = decide) =>
    recordWebhookAttempts(db, {
      attempts,
      decide: decider,
      disabledEventOf: ({ id, tenantId, projectId }) =>
        buildEvent(999, { type: "webhook_endpoint.disabled", tenantId, projectId, data: { id } }),
      newId: nextDeliveryId,
      nowMs,
    });

  /** One endpoint with some deliveries under way. */
  async function setUp(count = 1) {
    const database = await openMigrated();
    const { db } = database;
    await addEndpoint(db, { id: "we_a" });
    const events = Array.from({ length: count }, (_, index) => buildEvent(index));
    await recordWebhookEvents(db, { events, newId: nextDeliveryId, nowMs });
    const deliveries = createWebhookDeliveryRepository(db);
    const claimed = await deliveries.claim({ nowMs, perReceiver: 100, limit: 100 });
    const ids = claimed.map(({ id }) => id).toSorted();
    const [id = ""] = ids;
    const claimAgain = () => deliveries.claim({ nowMs: nowMs + 20_000, perReceiver: 100, limit: 100 });
    return { database, db, deliveries, endpoints: createWebhookEndpointRepository(db), ids, id, claimAgain };
  }

  test("an attempt is recorded once, however often and by however many gateways it is told", async () => {
    const { database, db, deliveries, ids } = await setUp(5);
    const other = (await openAgain(database)) ?? database;
    const facts = ids.map((id) => buildAttempted(id));
    const counts = await Promise.all([
      record(db, facts),
      record(other.db, facts.toReversed()),
      record(db, facts),
    ]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect((await deliveries.page({ filters: { states: ["delivered"] }, limit: 9 })).total).toBe(5);
    expect((await deliveries.attempts(ids)).size).toBe(5);
  });

  test("a failed attempt is tried again when the decision says so, until it gives up", async () => {
    const { db, deliveries, endpoints, id, claimAgain } = await setUp();
    await record(db, [buildAttempted(id, refused)]);
    expect(await deliveries.get(id)).toMatchObject({
      state: "pending",
      attempt: 1,
      nextAttemptAtMs: nowMs + 10_000,
    });
    expect(await endpoints.get("we_a")).toMatchObject({ failingSinceMs: nowMs + 100, isEnabled: true });
    expect((await claimAgain())[0]?.attempt).toBe(2);
    await record(db, [buildAttempted(id, { ...refused, attempt: 2, responseText: "no\0pe" })]);
    expect(await deliveries.get(id)).toMatchObject({ state: "failed", finishedAtMs: nowMs });
    expect((await deliveries.attempts([id])).get(id)).toMatchObject([
      { attempt: 1, outcome: "refused", statusCode: 500 },
      { attempt: 2, responseText: "no\uFFFDpe" },
    ]);
  });

  test("one success ends the time in which an endpoint only failed", async () => {
    const { db, endpoints, ids } = await setUp(3);
    const [first = "", second = "", third = ""] = ids;
    await record(db, [buildAttempted(first, refused), buildAttempted(second, { startedAtMs: nowMs + 200 })]);
    expect((await endpoints.get("we_a"))?.failingSinceMs).toBeNull();
    await record(db, [buildAttempted(third, { ...refused, startedAtMs: nowMs + 300 })]);
    expect((await endpoints.get("we_a"))?.failingSinceMs).toBe(nowMs + 300);
  });

  test("an endpoint that is gone is disabled at once: what waits fails, and others are told, once", async () => {
    const { db, deliveries, endpoints, ids } = await setUp(3);
    await addEndpoint(db, { id: "we_watch", eventTypes: ["webhook_endpoint.disabled"] });
    const [first = "", second = "", third = ""] = ids;
    await record(db, [buildAttempted(first, refused)]);
    await record(db, [buildAttempted(second, gone), buildAttempted(third, gone)]);
    expect(await endpoints.get("we_a")).toMatchObject({
      isEnabled: false,
      disabledReason: "It answered 410.",
      disabledAtMs: nowMs,
    });
    const { items } = await deliveries.page({ filters: { endpointId: "we_a" }, limit: 9 });
    expect(items.map(({ state }) => state)).toEqual(["failed", "failed", "failed"]);
    const told = await deliveries.page({ filters: { endpointId: "we_watch" }, limit: 9 });
    expect(told.items.map(({ eventType }) => eventType)).toEqual(["webhook_endpoint.disabled"]);
  });

  test("an attempt that was taken for lost counts when it is told after all", async () => {
    const { db, deliveries, id, claimAgain } = await setUp();
    await deliveries.giveBack({ ids: [id] }, { nowMs });
    await record(db, [buildAttempted(id)]);
    expect(await deliveries.get(id)).toMatchObject({ state: "delivered", attempt: 1 });
    expect(await claimAgain()).toEqual([]);
  });

  test("a late word of an old attempt changes nothing of the one under way", async () => {
    const { db, deliveries, id, claimAgain } = await setUp();
    await record(db, [buildAttempted(id, refused)]);
    await claimAgain();
    await record(db, [buildAttempted(id, { ...gone, attempt: 1 })]);
    expect(await deliveries.get(id)).toMatchObject({ state: "sending", attempt: 2 });
  });

  test("attempts of deliveries that nobody knows are ignored", async () => {
    const { db, id } = await setUp();
    expect(await record(db, [buildAttempted(`whd_${"f".repeat(32)}`), buildAttempted(id)])).toBe(1);
  });

  test("a manual attempt is not tried again, and a recovered delivery starts the schedule anew", async () => {
    const { db, deliveries, id, claimAgain } = await setUp();
    await record(db, [buildAttempted(id)]);
    expect((await deliveries.redeliver(id, { nowMs })).kind).toBe("again");
    await claimAgain();
    await record(db, [buildAttempted(id, { ...refused, attempt: 2 })]);
    expect(await deliveries.get(id)).toMatchObject({ state: "failed", trigger: "manual" });
    const bulk = { filters: { endpointId: "we_a" }, onlyFailed: true, limit: 10, nowMs };
    expect(await deliveries.redeliverMany(bulk)).toBe(1);
    expect((await claimAgain())[0]?.attempt).toBe(3);
    await record(db, [buildAttempted(id, { ...refused, attempt: 3 })]);
    expect(await deliveries.get(id)).toMatchObject({ state: "pending", trigger: "recovery" });
  });

  test("a test says nothing of an endpoint's health, and a secret that cannot be opened is not its fault", async () => {
    const { db, deliveries, endpoints, id } = await setUp();
    const testId = nextDeliveryId();
    const endpoint = { id: "we_a", url: "https://a.example.com/" };
    await deliveries.addTest({ id: testId, event: buildEvent(50), endpoint, nowMs });
    await deliveries.claim({ nowMs, perReceiver: 100, limit: 9 });
    await record(db, [
      buildAttempted(testId, gone),
      buildAttempted(id, { outcome: "unreadable_secret", statusCode: null }),
    ]);
    expect(await endpoints.get("we_a")).toMatchObject({ isEnabled: true, failingSinceMs: null });
    expect(await deliveries.get(testId)).toMatchObject({ state: "failed", trigger: "test" });
  });

  test("what fails while its endpoint was disabled or deleted by hand is not tried again", async () => {
    const { db, deliveries, endpoints, ids } = await setUp(2);
    const [first = "", second = ""] = ids;
    await endpoints.disable("we_a", { reason: "by hand", nowMs });
    await record(db, [buildAttempted(first, refused)]);
    await endpoints.remove("we_a", { nowMs });
    await record(db, [buildAttempted(second, refused)]);
    expect((await deliveries.get(first))?.state).toBe("failed");
    expect((await deliveries.get(second))?.state).toBe("discarded");
  });
});
