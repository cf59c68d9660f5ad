import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { DatabaseError } from "../database-error.ts";
import type { Database } from "../open-database.ts";
import { buildAlias, buildModel, buildProvider } from "../testing/build-catalogue.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { transaction } from "../transaction.ts";
import { createAliasRepository } from "./alias-repository.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import { createModelRepository } from "./model-repository.ts";
import { createProviderRepository } from "./provider-repository.ts";
import { replaceConfiguredCatalogue } from "./replace-configured-catalogue.ts";

const config = { source: "config", nowMs: 1_000 } as const;
const admin = { source: "admin", nowMs: 2_000 } as const;

describeDatabases(({ openMigrated, openAgain }) => {
  async function setUp() {
    const database = await openMigrated();
    const { db } = database;
    return {
      database,
      db,
      providers: createProviderRepository(db),
      models: createModelRepository(db),
      aliases: createAliasRepository(db),
    };
  }
  const versionOf = async (db: Database["db"]): Promise<number> => (await loadCatalogue(db)).version;

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
        () => aliases.remove("a", admin),
        () => models.remove("m", admin),
        () => providers.remove("vllm", admin),
      ];
      for (const change of changes) {
        await change();
        versions.push(await versionOf(db));
      }
      expect(versions).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(await models.remove("m", admin)).toEqual({ kind: "missing" });
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
        keptRemoved: [],
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
      expect(models).toEqual({
        added: [],
        changed: ["n"],
        removed: ["m"],
        keptForAdmin: [],
        keptRemoved: [],
      });
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
});
