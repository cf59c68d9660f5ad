import { sql, type CompiledQuery, type LogEvent } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely } from "kysely";
import { createApiKeyRepository } from "./access/api-key-repository.ts";
import { createAuditRepository } from "./audit/audit-repository.ts";
import { createEventRepository } from "./events/event-repository.ts";
import { migrate } from "./migrate.ts";
import { loadStats } from "./requests/load-stats.ts";
import { createRequestLogRepository } from "./requests/request-log-repository.ts";
import { createRewardRepository } from "./requests/reward-repository.ts";
import { createSpendRepository } from "./requests/spend-repository.ts";
import { createRunRepository } from "./runs/run-repository.ts";
import type { Schema } from "./schema/schema.ts";
import { createSeriesRepository } from "./series/series-repository.ts";
import { openSqlite } from "./sqlite-dialect.ts";
import { recordWebhookEvents } from "./webhooks/record-events.ts";
import { buildEvent } from "./webhooks/build-webhooks.fixture.ts";
import { createWebhookEndpointRepository } from "./webhooks/webhook-endpoint-repository.ts";
import { createWebhookDeliveryRepository } from "./webhooks/webhook-delivery-repository.ts";

/** A SQLite database that shows how it would run every query that reads one of the large tables. */
async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-plans-"));
  const queries: CompiledQuery[] = [];
  const db = new Kysely<Schema>({
    dialect: await openSqlite({ path: join(folder, "hub.db") }),
    log: (event: LogEvent) => void queries.push(event.query),
  });
  onTestFinished(async () => {
    await db.destroy();
    await rm(folder, { recursive: true });
  });
  await migrate(db);
  return {
    db,
    plansOf: async (work: () => Promise<unknown>): Promise<string[]> => {
      queries.length = 0;
      await work();
      const plans: string[] = [];
      for (const query of queries.filter((made) => /^\s*(select|delete|update|with)/i.test(made.sql))) {
        const explained = await db.executeQuery<{ readonly detail: string }>({
          ...query,
          sql: `explain query plan ${query.sql}`,
        });
        plans.push(...explained.rows.map(({ detail }) => detail));
      }
      return plans;
    },
  };
}

describe("S2-75: what is asked often is answered by an index", () => {
  const range = { fromMs: 1, toMs: 2 };
  const pageOf = (filters: object) => ({ filters, limit: 50 });

  test.each([
    ["newest requests", {}, "request_log_by_time"],
    ["requests of a time", range, "request_log_by_time"],
    ["requests of a tenant", { tenantId: "t" }, "request_log_by_tenant_and_time"],
    ["requests of a key", { keyId: "k" }, "request_log_by_key_and_time"],
    ["requests to a model", { modelId: "m", ...range }, "request_log_by_model_and_time"],
    ["requests to a provider", { providerId: "p" }, "request_log_by_provider_and_time"],
    ["requests with an error", { errorCode: "provider_timeout" }, "request_log_by_error_and_time"],
    ["calls of a run", { runId: "run_1" }, "request_log_by_run"],
  ])("S2-75: %s come without reading other rows and without sorting", async (_, filters, index) => {
    const { db, plansOf } = await setUp();
    const [plan, ...rest] = await plansOf(() => createRequestLogRepository(db).page(pageOf(filters)));
    expect(plan).toContain(`USING INDEX ${index}`);
    // Ties in time are few, so sorting the last column costs nothing.
    expect(rest.filter((detail) => detail.includes("TEMP B-TREE FOR ORDER BY"))).toEqual([]);
  });

  test.each([
    ["newest runs", {}, "runs_by_time"],
    ["runs of a tenant", { tenantId: "t" }, "runs_by_tenant_and_time"],
    ["runs of a key", { keyId: "k", ...range }, "runs_by_key_and_time"],
    ["runs of a status", { status: "failed" }, "runs_by_status_and_time"],
    ["runs of a mode", { mode: "vote" }, "runs_by_mode_and_time"],
  ])("S2-75: %s come without reading other rows and without sorting", async (_, filters, index) => {
    const { db, plansOf } = await setUp();
    const [plan, ...rest] = await plansOf(() => createRunRepository(db).page(pageOf(filters)));
    expect(plan).toContain(`USING INDEX ${index}`);
    expect(rest.filter((detail) => detail.includes("TEMP B-TREE FOR ORDER BY"))).toEqual([]);
  });

  test("S2-75: a request, a key by its secret, spend, and events after an id are found, not searched", async () => {
    const { db, plansOf } = await setUp();
    const plans = await plansOf(async () => {
      await createRequestLogRepository(db).get("req_1");
      await createApiKeyRepository(db).findByHash("h", { nowMs: 1 });
      await createSpendRepository(db).get({ scopeKind: "key", scopeId: "k", month: "2026-11" });
      await createSpendRepository(db).spendSince("k", 1);
      await createEventRepository(db).listAfter(1, { limit: 10 });
      await createRewardRepository(db).page(pageOf({ requestId: "req_1" }));
      await createSeriesRepository(db).query({ metric: "latency", ...range, stepMs: 60_000 });
    });
    const searched = plans.filter(
      (detail) => detail.startsWith("SCAN") && !detail.includes("series_progress"),
    );
    expect(searched).toEqual([]);
    expect(plans).toContainEqual(expect.stringContaining("COVERING INDEX request_log_by_key_and_time"));
  });

  test("S2-75: statistics read one index and no row with its long texts", async () => {
    const { db, plansOf } = await setUp();
    const plans = await plansOf(() => loadStats(db, { nowMs: 10, windows: [{ name: "1m", spanMs: 5 }] }));
    expect(plans[0]).toContain("USING COVERING INDEX request_log_for_statistics");
  });

  test("an event that nobody wants costs one look into the index of endpoints", async () => {
    const { db, plansOf } = await setUp();
    const record = () =>
      recordWebhookEvents(db, { events: [buildEvent(1), buildEvent(2)], newId: () => "whd_1", nowMs: 1 });
    expect(await plansOf(record)).toEqual([
      "SEARCH webhook_endpoints USING INDEX webhook_endpoints_by_tenant (tenant_id=?)",
    ]);
  });

  test("due deliveries are claimed along their index, whatever the backlog of one receiver", async () => {
    const { db, plansOf } = await setUp();
    await db
      .insertInto("webhook_endpoints")
      .values({
        id: "we_1",
        tenant_id: "tenant-a",
        project_id: null,
        name: "n",
        url: "https://example.com/",
        event_types_json: '["job.succeeded"]',
        status: "enabled",
        disabled_reason: null,
        disabled_at_ms: null,
        failing_since_ms: null,
        sealed_secret: "s",
        secret_hint: "h",
        sealed_old_secret: null,
        old_secret_until_ms: null,
        created_at_ms: 1,
        updated_at_ms: 1,
      })
      .execute();
    await recordWebhookEvents(db, { events: [buildEvent(1)], newId: () => "whd_1", nowMs: 1 });
    const deliveries = createWebhookDeliveryRepository(db);
    const plans = await plansOf(async () => {
      expect(await deliveries.claim({ nowMs: 2, perReceiver: 2, limit: 10 })).toHaveLength(1);
      await deliveries.countSending();
      await deliveries.giveBack({ sentBeforeMs: 3, limit: 5 }, { nowMs: 3 });
    });
    const large = plans.filter((detail) => /\b(webhook_(deliveries|events|endpoints)|d)\b/.test(detail));
    expect(large.filter((detail) => detail.startsWith("SCAN") && !detail.includes("INDEX"))).toEqual([]);
    expect(plans).toContainEqual(expect.stringContaining("webhook_deliveries_due (receiver>?)"));
    const endpoints = createWebhookEndpointRepository(db);
    const ending = await plansOf(() => endpoints.disable("we_1", { reason: "r", nowMs: 3 }));
    expect(ending).toContainEqual(expect.stringContaining("webhook_deliveries_due (receiver=?)"));
    expect(plans).toContainEqual(
      expect.stringContaining("webhook_deliveries_due (receiver=? AND next_attempt_at_ms<?)"),
    );
    expect(plans).toContainEqual(expect.stringContaining("webhook_deliveries_sent"));
  });

  test.each([
    ["newest deliveries", {}, "webhook_deliveries_by_time"],
    ["deliveries of an endpoint", { endpointId: "e" }, "webhook_deliveries_by_endpoint"],
    ["deliveries of a tenant", { tenantId: "t", ...range }, "webhook_deliveries_by_tenant"],
    ["failed deliveries", { states: ["failed"] }, "webhook_deliveries_failed"],
    ["deliveries of an event", { eventId: "e" }, "webhook_deliveries_by_event"],
  ] as const)("%s come without reading other rows", async (_, filters, index) => {
    const { db, plansOf } = await setUp();
    const [plan] = await plansOf(() => createWebhookDeliveryRepository(db).page(pageOf(filters)));
    expect(plan).toContain(`USING INDEX ${index}`);
  });

  test("S2-75: the audit log is read by time, action, actor and resource", async () => {
    const { db, plansOf } = await setUp();
    const audit = createAuditRepository(db);
    const first = async (filters: object) => (await plansOf(() => audit.page(pageOf(filters))))[0];
    expect(await first({})).toContain("audit_log_by_time");
    expect(await first({ action: "vault.unlock" })).toContain("audit_log_by_action_and_time");
    expect(await first({ actorId: "adm_1" })).toContain("audit_log_by_actor_and_time");
    expect(await first({ resourceKind: "model", resourceId: "m" })).toContain(
      "audit_log_by_resource_and_time",
    );
  });
});

test("the plans above are of the real tables: an absent index is noticed", async () => {
  const { db, plansOf } = await setUp();
  await sql`drop index request_log_by_tenant_and_time`.execute(db);
  const [plan] = await plansOf(() =>
    createRequestLogRepository(db).page({ filters: { tenantId: "t" }, limit: 1 }),
  );
  expect(plan).not.toContain("request_log_by_tenant_and_time");
});
