import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createAliasRepository } from "./alias-repository.ts";
import { createCallIncidentRepository } from "./call-incident-repository.ts";
import { DatabaseError } from "./database-error.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import { createModelRepository } from "./model-repository.ts";
import { openDatabase, type Database } from "./open-database.ts";
import { createProviderRepository } from "./provider-repository.ts";
import { replaceConfiguredCatalogue } from "./replace-configured-catalogue.ts";
import { createRequestLogRepository } from "./request-log-repository.ts";
import { buildAlias, buildModel, buildProvider } from "./testing/build-catalogue.ts";
import { buildFact, buildIncident, requestIdOf } from "./testing/build-fact.ts";
import { testDatabaseKinds, type TestDatabases } from "./testing/test-databases.ts";

const config = { source: "config", nowMs: 1_000 } as const;
const admin = { source: "admin", nowMs: 2_000 } as const;

describe.each(await testDatabaseKinds())("$name", ({ start }) => {
  let databases: TestDatabases;
  beforeAll(async () => {
    databases = await start();
  }, 60_000);
  afterAll(() => databases[Symbol.asyncDispose]());

  async function open(): Promise<Database> {
    const database = await openDatabase(await databases.createEmpty());
    onTestFinished(() => database[Symbol.asyncDispose]());
    return database;
  }
  async function setUp() {
    const database = await open();
    await database.migrate();
    const { db } = database;
    return {
      database,
      db,
      providers: createProviderRepository(db),
      models: createModelRepository(db),
      aliases: createAliasRepository(db),
      log: createRequestLogRepository(db),
      incidents: createCallIncidentRepository(db),
    };
  }
  const versionOf = async (db: Database["db"]): Promise<number> => (await loadCatalogue(db)).version;

  describe("migrations", () => {
    test("S1-19, S1-20: they make an empty database usable, and a second run does nothing", async () => {
      const database = await open();
      expect(await database.migrate()).toEqual(["0001-initial"]);
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
      const database = await open();
      await database.migrate();
      const { migrations } = await import("./migrations/index.ts");
      const broken = { ...migrations, "0002-broken": { up: () => Promise.reject(new Error("no")) } };
      await expect(database.migrate({ migrations: broken })).rejects.toThrow(DatabaseError);
      await expect(database.migrate({ migrations: broken })).rejects.toThrow(
        "the migration 0002-broken failed",
      );
      expect(await database.migrate()).toEqual([]);
    });

    test("a database that a newer release has changed is refused with the remedy", async () => {
      const database = await open();
      const { migrations } = await import("./migrations/index.ts");
      await database.migrate({ migrations: { ...migrations, "9999-newer": { up: async () => {} } } });
      await expect(database.migrate()).rejects.toThrow(DatabaseError);
      await expect(database.migrate()).rejects.toThrow(
        /changed by another release of TokenHub.*start the newer release/,
      );
    });

    test("S2-75: the columns that queries filter by have indexes", async () => {
      const { db, database } = await setUp();
      const names =
        database.dialect === "sqlite"
          ? sql<{ name: string }>`select name from sqlite_master where type = 'index'`
          : sql<{ name: string }>`select indexname as name from pg_indexes`;
      const { rows } = await names.execute(db);
      expect(rows.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          "request_log_by_time",
          "request_log_by_tenant_and_time",
          "request_log_by_model",
          "request_log_by_provider",
        ]),
      );
    });
  });

  describe("catalogue", () => {
    test("providers, models and aliases come back exactly as they were stored", async () => {
      const { providers, models, aliases } = await setUp();
      const bare = buildProvider("bare", { enabled: false, baseUrl: null, headers: {}, options: {} });
      const unknown = buildModel("org/unknown.1", {
        enabled: false,
        weight: 150,
        contextTokens: 0,
        maxOutputTokens: null,
        price: null,
        capabilities: null,
        expectedLatencyMs: null,
      });
      for (const provider of [buildProvider("vllm"), bare]) {
        expect((await providers.upsert(provider, config)).entry).toEqual(provider);
        expect((await providers.get(provider.id))?.entry).toEqual(provider);
      }
      for (const model of [
        buildModel("m"),
        unknown,
        buildModel("free", { price: { inputPer1kUsd: 0, outputPer1kUsd: 0 } }),
      ]) {
        await models.upsert(model, config);
        expect((await models.get(model.id))?.entry).toEqual(model);
      }
      await aliases.upsert(buildAlias("fast", ["m", "org/unknown.1"]), config);
      expect((await aliases.get("fast"))?.entry).toEqual(buildAlias("fast", ["m", "org/unknown.1"]));
      expect((await providers.list()).map(({ entry }) => entry.id)).toEqual(["bare", "vllm"]);
      expect(await models.get("absent")).toBeNull();
    });

    test("S2-27: an upsert replaces the entry, raises its version and keeps the time of its creation", async () => {
      const { models } = await setUp();
      await models.upsert(buildModel("m"), config);
      const changed = await models.upsert(buildModel("m", { weight: 9 }), admin);
      expect(changed).toEqual({
        entry: buildModel("m", { weight: 9 }),
        source: "admin",
        version: 2,
        createdAtMs: 1_000,
        updatedAtMs: 2_000,
      });
      expect(await models.get("m")).toEqual(changed);
    });

    test("writing what is already there changes nothing, not even a version", async () => {
      const { db, providers, models, aliases } = await setUp();
      const write = async (nowMs: number): Promise<unknown[]> => [
        await providers.upsert(buildProvider("vllm"), { ...config, nowMs }),
        await models.upsert(buildModel("m"), { ...config, nowMs }),
        await aliases.upsert(buildAlias("a", ["m"]), { ...config, nowMs }),
      ];
      const first = await write(1);
      const version = await versionOf(db);
      expect(await write(2)).toEqual(first);
      expect(await versionOf(db)).toBe(version);
    });

    test("the catalogue's version rises with every change, removals included", async () => {
      const { db, providers, models, aliases } = await setUp();
      const versions = [await versionOf(db)];
      const changes: (() => Promise<unknown>)[] = [
        () => providers.upsert(buildProvider("vllm"), config),
        () => models.upsert(buildModel("m"), config),
        () => models.upsert(buildModel("m", { enabled: false }), config),
        () => aliases.upsert(buildAlias("a", ["m"]), config),
        () => aliases.remove("a"),
        () => models.remove("m"),
        () => providers.remove("vllm"),
      ];
      for (const change of changes) {
        await change();
        versions.push(await versionOf(db));
      }
      expect(versions).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(await models.remove("m")).toBe(false);
      expect(await versionOf(db)).toBe(7);
    });

    test("many writers at once lose no change", async () => {
      const { db, models } = await setUp();
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => models.upsert(buildModel(`m${index}`), admin)),
      );
      expect(await versionOf(db)).toBe(20);
      expect(await models.list()).toHaveLength(20);
    });

    test("the configuration's entries are replaced as a set and an admin's entries stay", async () => {
      const { providers } = await setUp();
      await providers.replaceConfigSourced(
        ["a", "b", "c"].map((id) => buildProvider(id)),
        { nowMs: 1 },
      );
      await providers.upsert(buildProvider("b", { timeoutMs: 1 }), admin);
      await providers.upsert(buildProvider("mine"), admin);
      const wanted = [
        buildProvider("a"),
        buildProvider("b"),
        buildProvider("d"),
        buildProvider("mine", { timeoutMs: 9 }),
      ];
      expect(await providers.replaceConfigSourced(wanted, { nowMs: 2 })).toEqual({
        added: ["d"],
        changed: [],
        removed: ["c"],
        keptForAdmin: ["b", "mine"],
      });
      const stored = await providers.list();
      expect(
        stored.map(({ entry, source, version }) => [entry.id, source, entry.timeoutMs, version]),
      ).toEqual([
        ["a", "config", 30_000, 1],
        ["b", "admin", 1, 2],
        ["d", "config", 30_000, 1],
        ["mine", "admin", 30_000, 1],
      ]);
    });

    test("taking over a whole configuration is one step, and taking it over again is none", async () => {
      const { db } = await setUp();
      const wanted = {
        providers: [buildProvider("vllm")],
        models: [buildModel("m"), buildModel("n")],
        aliases: [buildAlias("fast", ["m"])],
      };
      await replaceConfiguredCatalogue(db, { ...wanted, nowMs: 1 });
      const catalogue = await loadCatalogue(db);
      expect(catalogue).toEqual({ v: 1, version: catalogue.version, ...wanted });
      await replaceConfiguredCatalogue(db, { ...wanted, nowMs: 2 });
      expect(await loadCatalogue(db)).toEqual(catalogue);
      const { models } = await replaceConfiguredCatalogue(db, {
        ...wanted,
        models: [buildModel("n", { weight: 2 })],
        aliases: [],
        nowMs: 3,
      });
      expect(models).toEqual({ added: [], changed: ["n"], removed: ["m"], keptForAdmin: [] });
      expect(await versionOf(db)).toBeGreaterThan(catalogue.version);
    });

    test("a configuration that fails half-way leaves the catalogue as it was", async () => {
      const { db } = await setUp();
      await replaceConfiguredCatalogue(db, {
        providers: [buildProvider("vllm")],
        models: [],
        aliases: [],
        nowMs: 1,
      });
      const before = await loadCatalogue(db);
      const poisoned = { ...buildModel("m"), upstreamName: null as unknown as string };
      await expect(
        replaceConfiguredCatalogue(db, {
          providers: [buildProvider("new")],
          models: [poisoned],
          aliases: [],
          nowMs: 2,
        }),
      ).rejects.toThrow(/null/i);
      expect(await loadCatalogue(db)).toEqual(before);
    });

    test("a credential on a configured provider never reaches the database", async () => {
      const { db, providers } = await setUp();
      const configured = { ...buildProvider("p"), credential: { source: "inline", inlineKey: "hunter2" } };
      await providers.upsert(configured, config);
      const { rows } = await sql`select * from providers`.execute(db);
      expect(JSON.stringify(rows)).not.toContain("hunter2");
    });

    test("a row that somebody else made unusable is named, not passed on", async () => {
      const { db, providers } = await setUp();
      await providers.upsert(buildProvider("p"), config);
      await db.updateTable("providers").set({ headers_json: "{broken" }).execute();
      await expect(loadCatalogue(db)).rejects.toThrow(DatabaseError);
      await expect(loadCatalogue(db)).rejects.toThrow('The row "p" of the table providers cannot be read');
    });
  });

  describe("request log", () => {
    test("S2-58, S2-59, S2-60, S2-61, S2-62, S2-63: a finished request is kept with everything that is known of it", async () => {
      const { log } = await setUp();
      const fact = buildFact(1);
      expect(await log.insertFinished([fact], { costNanoUsd: () => 1_234_567_890_123 })).toBe(1);
      expect(await log.get(requestIdOf(1))).toEqual({
        requestId: requestIdOf(1),
        eventId: fact.eventId,
        tenantId: "tenant-a",
        lane: "interactive",
        operation: "chat",
        callerFormat: "openai-chat",
        eventType: "chat_completion",
        outcome: "succeeded",
        errorCode: null,
        failureClass: null,
        modelId: "gpt-4",
        providerId: "openai",
        upstreamModel: "gpt-4-0613",
        requestedModel: "fast",
        stream: false,
        acceptedAtMs: fact.acceptedAtMs,
        finishedAtMs: fact.finishedAtMs,
        durationMs: 1_500,
        timeToFirstTokenMs: 250,
        usage: fact.result.usage,
        attemptCount: 1,
        ambiguousCalls: 0,
        estimatedInputTokens: 12,
        costNanoUsd: 1_234_567_890_123,
        orchestrationMode: "simple",
        decision: fact.result.decision,
        attempts: fact.result.attempts,
        warnings: fact.result.warnings,
      });
    });

    test("a request that failed before a model was chosen is kept too, with unknown cost", async () => {
      const { log } = await setUp();
      const failure = {
        class: "bad_request",
        code: "no_eligible_model",
        message: "No model fits.",
        providerStatus: null,
        providerMessage: null,
        providerCode: null,
        retryAfterMs: null,
      } as const;
      const nothing = {
        modelId: null,
        providerId: null,
        upstreamModel: null,
        finishReason: null,
        usage: null,
      };
      await log.insertFinished([
        buildFact(1, {
          operation: "embeddings",
          requestedModel: null,
          result: {
            ...nothing,
            outcome: "failed",
            failure,
            decision: null,
            attempts: [],
            warnings: [],
            timeToFirstTokenMs: null,
            stream: true,
            durationMs: 1.6,
          },
        }),
      ]);
      expect(await log.get(requestIdOf(1))).toMatchObject({
        eventType: "embedding",
        outcome: "failed",
        errorCode: "no_eligible_model",
        failureClass: "bad_request",
        modelId: null,
        usage: null,
        costNanoUsd: null,
        stream: true,
        durationMs: 2,
        decision: null,
        attempts: [],
      });
      expect(await log.get(requestIdOf(2))).toBeNull();
    });

    test("a repeated batch writes nothing twice, also when it overlaps with new facts", async () => {
      const { log } = await setUp();
      const facts = [buildFact(1), buildFact(2), buildFact(3)];
      expect(await log.insertFinished(facts.slice(0, 2))).toBe(2);
      expect(await log.insertFinished(facts)).toBe(1);
      expect(await log.insertFinished([...facts, buildFact(4), buildFact(4)])).toBe(1);
      expect(await log.insertFinished([])).toBe(0);
      expect(await log.list({ tenantId: null, limit: 10 })).toHaveLength(4);
    });

    test("a request has one row, whatever event reports it: the first one counts", async () => {
      const { log } = await setUp();
      await log.insertFinished([buildFact(1)]);
      expect(await log.insertFinished([buildFact(1, { eventId: "evt_other", tenantId: "other" })])).toBe(0);
      expect((await log.get(requestIdOf(1)))?.tenantId).toBe("tenant-a");
    });

    test("two recorders with the same batch at once write it once", async () => {
      const { log } = await setUp();
      const facts = Array.from({ length: 250 }, (_, index) => buildFact(index));
      const counts = await Promise.all([log.insertFinished(facts), log.insertFinished(facts)]);
      expect(counts[0] + counts[1]).toBe(250);
      expect(await log.list({ tenantId: null, limit: 1_000 })).toHaveLength(250);
    });

    test("hostile text cannot hold up the recorder", async () => {
      const { log } = await setUp();
      const requestedModel = `a\0b\uD800${"x".repeat(5_000)}`;
      const warnings = ["nul \0 and half a pair \uDC00", "'; drop table request_log; --"];
      expect(await log.insertFinished([buildFact(1, { requestedModel, result: { warnings } })])).toBe(1);
      const entry = await log.get(requestIdOf(1));
      expect(entry?.requestedModel?.startsWith("a\uFFFDb\uFFFDxxx")).toBe(true);
      expect(entry?.requestedModel).toHaveLength(1_000);
      expect(entry?.warnings).toEqual(warnings);
    });

    test("pages run from the newest to the oldest without gap or repetition, ties included", async () => {
      const { log } = await setUp();
      const facts = Array.from({ length: 25 }, (_, index) =>
        buildFact(index, {
          acceptedAtMs: 1_000 + Math.floor(index / 5),
          tenantId: index % 2 === 0 ? "tenant-a" : "tenant-b",
        }),
      );
      await log.insertFinished(facts);
      const walk = async (tenantId: string | null): Promise<string[]> => {
        const ids: string[] = [];
        let page = await log.list({ tenantId, limit: 4 });
        while (page.length > 0) {
          ids.push(...page.map(({ requestId }) => requestId));
          page = await log.list({ tenantId, limit: 4, before: page.at(-1) ?? null });
        }
        return ids;
      };
      const newestFirst = facts.map(({ result }) => result.requestId).toReversed();
      expect(await walk(null)).toEqual(newestFirst);
      expect(await walk("tenant-b")).toEqual(newestFirst.filter((_, index) => index % 2 === 1));
      expect(await walk("nobody")).toEqual([]);
    });

    test("a transaction that is rolled back leaves no row", async () => {
      const { db, log } = await setUp();
      const work = db.transaction().execute(async (transaction) => {
        await createRequestLogRepository(transaction).insertFinished([buildFact(1)]);
        throw new Error("changed my mind");
      });
      await expect(work).rejects.toThrow("changed my mind");
      expect(await log.get(requestIdOf(1))).toBeNull();
    });
  });

  describe("call incidents", () => {
    test("an incident is kept once, with its usage", async () => {
      const { incidents } = await setUp();
      const usage = buildFact(1).result.usage;
      const facts = [buildIncident(2, { kind: "duplicate", usage }), buildIncident(1)];
      expect(await incidents.insertIncidents(facts)).toBe(2);
      expect(await incidents.insertIncidents(facts)).toBe(0);
      expect(await incidents.insertIncidents([])).toBe(0);
      expect(await incidents.listForRequest(requestIdOf(1))).toEqual([buildIncident(1), facts[0]]);
      expect(await incidents.listForRequest(requestIdOf(2))).toEqual([]);
    });
  });
});
