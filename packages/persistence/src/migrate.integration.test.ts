import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { loadCatalogue } from "./catalogue/load-catalogue.ts";
import { DatabaseError } from "./database-error.ts";
import { migrations } from "./migrations/index.ts";
import { createRequestLogRepository } from "./requests/request-log-repository.ts";
import { createSpendRepository } from "./requests/spend-repository.ts";
import { describeDatabases } from "./testing/describe-databases.ts";

describeDatabases(({ openEmpty, openMigrated }) => {
  describe("migrations", () => {
    test("S1-19, S1-20: they make an empty database usable, and a second run does nothing", async () => {
      const database = await openEmpty();
      expect(await database.migrate()).toEqual(Object.keys(migrations));
      expect(await database.migrate()).toEqual([]);
      await database.ping();
      expect(await loadCatalogue(database.db)).toEqual({
        v: 1,
        version: 0,
        providers: [],
        models: [],
        aliases: [],
      });
    });

    test("a failing migration is a DatabaseError that names it, and leaves the earlier ones applied", async () => {
      const database = await openEmpty();
      await database.migrate();
      const broken = { ...migrations, "9998-broken": { up: () => Promise.reject(new Error("no")) } };
      await expect(database.migrate({ migrations: broken })).rejects.toThrow(DatabaseError);
      await expect(database.migrate({ migrations: broken })).rejects.toThrow(
        "the migration 9998-broken failed",
      );
      expect(await database.migrate()).toEqual([]);
    });

    test("a database that a newer release has changed is refused with the remedy", async () => {
      const database = await openEmpty();
      await database.migrate({ migrations: { ...migrations, "9999-newer": { up: async () => {} } } });
      await expect(database.migrate()).rejects.toThrow(DatabaseError);
      await expect(database.migrate()).rejects.toThrow(
        /changed by another release of TokenHub.*start the newer release/,
      );
    });

    test("S2-75: the columns that queries filter by have indexes", async () => {
      const { db, dialect } = await openMigrated();
      const names =
        dialect === "sqlite"
          ? sql<{ name: string }>`select name from sqlite_master where type = 'index'`
          : sql<{ name: string }>`select indexname as name from pg_indexes`;
      const { rows } = await names.execute(db);
      expect(rows.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          "request_log_by_time",
          "request_log_by_tenant_and_time",
          "request_log_by_model_and_time",
          "request_log_by_provider_and_time",
          "request_log_by_key_and_time",
          "request_log_by_error_and_time",
          "audit_log_by_time",
          "reward_log_by_time",
          "events_by_time",
          "models_by_provider",
          "request_log_by_run",
          "runs_by_time",
          "runs_by_tenant_and_time",
          "runs_by_key_and_time",
          "runs_by_status_and_time",
          "runs_by_mode_and_time",
          "runs_by_request",
        ]),
      );
    });
  });

  describe("a database of the first release", () => {
    const firstRelease = { "0001-initial": migrations["0001-initial"] ?? { up: () => Promise.reject() } };
    const decision = {
      strategy: "objective",
      mode: "cheap",
      catalogueVersion: 3,
      chosen: { modelId: "m", providerId: "p" },
      fallbacks: [],
      reason: "named",
      considered: [
        { modelId: "m", providerId: "p", outcome: "chosen", score: 1, skipReason: null, detail: "named" },
      ],
      skippedByReason: {},
    };
    const attempts = [
      { modelId: "m", providerId: "p", round: 0, startedAtMs: 1, durationMs: 2, failure: null },
    ];

    async function openFirstRelease() {
      const database = await openEmpty();
      await database.migrate({ migrations: firstRelease });
      const { db } = database;
      await sql`insert into providers values ('p', 'admin', 4, 1, 2, 'openai', 1, null, 30000, 8, '{}', '{}')`.execute(
        db,
      );
      await sql`insert into models values ('m', 'config', 1, 1, 1, 'p', 'm', 1, 0.5, 8192, null, 0.01, 0.03, null, null),
        ('unpriced', 'config', 1, 1, 1, 'p', 'm', 1, 0.5, 0, null, null, null, '["chat"]', null)`.execute(db);
      await sql`insert into aliases values ('fast', 'config', 2, 1, 1, '["m","org/other"]')`.execute(db);
      const novemberMs = Date.UTC(2026, 10, 30, 23, 59, 59);
      for (const [index, acceptedAtMs] of [novemberMs, novemberMs + 1_000, novemberMs + 2_000].entries()) {
        await sql`insert into request_log (request_id, event_id, tenant_id, lane, operation, caller_format, event_type,
            outcome, stream, accepted_at_ms, finished_at_ms, duration_ms, input_tokens, output_tokens, usage_source,
            attempt_count, ambiguous_calls, estimated_input_tokens, cost_nano_usd, decision_json, attempts_json, warnings_json)
          values (${`req_${index}`}, ${`evt_${index}`}, 'tenant-a', 'interactive', 'chat', 'openai-chat', 'chat_completion',
            'succeeded', 0, ${acceptedAtMs}, ${acceptedAtMs + 10}, 10, 5, 7, 'provider', 1, 0, 3,
            ${index === 2 ? null : 1_000}, ${JSON.stringify(decision)}, ${JSON.stringify(attempts)}, '[]')`.execute(
          db,
        );
      }
      return database;
    }

    test("S1-19, S1-20: comes to this one with its catalogue, its aliases as equal variants", async () => {
      const database = await openFirstRelease();
      expect(await database.migrate()).toEqual(Object.keys(migrations).slice(1));
      const catalogue = await loadCatalogue(database.db);
      expect(catalogue.providers).toMatchObject([{ id: "p", credentialSource: "env", rateLimit: null }]);
      expect(catalogue.models).toMatchObject([
        { id: "m", priceSource: "manual", contextSource: "manual", toolNameMap: {}, gemma4Output: false },
        { id: "unpriced", price: null, priceSource: null, contextSource: null },
      ]);
      expect(catalogue.aliases).toEqual([
        {
          id: "fast",
          enabled: true,
          stickyBy: "scored",
          variants: [
            { modelId: "m", weight: 1 },
            { modelId: "org/other", weight: 1 },
          ],
        },
      ]);
    });

    test("keeps its requests readable and counts what they cost, month by month in UTC", async () => {
      const database = await openFirstRelease();
      await database.migrate();
      const entry = await createRequestLogRepository(database.db).get("req_0");
      expect(entry).toMatchObject({
        keyId: null,
        strategy: null,
        costNanoUsd: 1_000,
        refusal: null,
        decision: { estimatedCostUsd: null, aliasId: null, explored: false },
        attempts: [{ called: true }],
      });
      const spend = createSpendRepository(database.db);
      const tenant = { scopeKind: "tenant", scopeId: "tenant-a" } as const;
      expect(await spend.history({ ...tenant, limit: 5 })).toEqual([
        {
          ...tenant,
          month: "2026-12",
          costNanoUsd: 1_000,
          requestCount: 2,
          unpricedCount: 1,
          inputTokens: 10,
          outputTokens: 14,
        },
        {
          ...tenant,
          month: "2026-11",
          costNanoUsd: 1_000,
          requestCount: 1,
          unpricedCount: 0,
          inputTokens: 5,
          outputTokens: 7,
        },
      ]);
    });

    test("a migration that fails in the middle leaves the database as it was", async () => {
      const database = await openFirstRelease();
      await sql`update aliases set model_ids_json = 'broken'`.execute(database.db);
      await expect(database.migrate()).rejects.toThrow("the migration 0002-catalogue-attributes failed");
      await sql`update aliases set model_ids_json = '["m"]'`.execute(database.db);
      expect(await database.migrate()).toEqual(Object.keys(migrations).slice(1));
    });
  });
});
