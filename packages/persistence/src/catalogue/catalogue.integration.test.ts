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
        { ...buildModel("kept"), cache: { kind: "on", ttlMs: 60_000 } as const },
        { ...buildModel("kept by default"), cache: { kind: "on", ttlMs: null } as const },
        { ...buildModel("never kept"), cache: { kind: "off" } as const },
      ]) {
        await models.upsert(model, config);
        expect((await models.get(model.id))?.entry).toEqual(model);
      }
      await aliases.upsert(buildAlias("fast", ["m", "org/unknown.1"]), config);
      expect((await aliases.get("fast"))?.entry).toEqual(buildAlias("fast", ["m", "org/unknown.1"]));
      expect((await providers.list()).map(({ entry }) => entry.id)).toEqual(["bare", "vllm"]);
      expect(await models.get("absent")).toBeNull();
    });

    test("what a model says about keeping answers comes with the catalogue, and null takes it back", async () => {
      const { db, providers, models } = await setUp();
      await providers.upsert(buildProvider("vllm"), config);
      await models.upsert({ ...buildModel("m"), cache: { kind: "on", ttlMs: 60_000 } }, config);
      expect((await loadCatalogue(db)).models).toMatchObject([{ cache: { kind: "on", ttlMs: 60_000 } }]);
      const versionBefore = await versionOf(db);
      await models.update("m", { cache: null }, admin);
      expect((await loadCatalogue(db)).models).toEqual([buildModel("m")]);
      expect(await versionOf(db)).toBe(versionBefore + 1);
      await db
        .updateTable("models")
        .set({ cache_choice: "sometimes" as "on" })
        .execute();
      await expect(models.get("m")).rejects.toThrow(DatabaseError);
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

    test("S1-5: a page has its rows, the total, filters and an order that nulls do not upset", async () => {
      const { providers, models, aliases } = await setUp();
      await providers.upsert(buildProvider("openai", { type: "openai" }), config);
      await providers.upsert(buildProvider("local-vllm", { enabled: false }), admin);
      for (const [id, model] of Object.entries({
        "openai/gpt-4": { providerId: "openai", weight: 100, capabilities: null },
        embedder: { providerId: "openai", weight: 1, capabilities: ["embeddings"], price: null },
        "local%1": { providerId: "local-vllm", weight: 5, enabled: false },
      } as const)) {
        await models.upsert(
          buildModel(id, { ...model, capabilities: model["capabilities" as never] }),
          config,
        );
      }
      await aliases.upsert(buildAlias("fast", ["embedder", "openai/gpt-4"]), config);
      await aliases.upsert({ ...buildAlias("off", ["gpt-4"]), enabled: false }, config);
      const idsOf = async (
        page: Promise<{ items: readonly { entry: { id: string } }[] }>,
      ): Promise<string[]> => (await page).items.map(({ entry }) => entry.id);
      const pageOf = <Filters>(filters: Filters) => ({ limit: 10, filters });
      expect(await models.page({ limit: 1, offset: 1 })).toMatchObject({
        total: 3,
        items: [{ entry: { id: "local%1" } }],
      });
      expect(await idsOf(models.page(pageOf({ providerId: "openai" })))).toEqual([
        "embedder",
        "openai/gpt-4",
      ]);
      expect(await idsOf(models.page(pageOf({ enabled: false })))).toEqual(["local%1"]);
      expect(await idsOf(models.page(pageOf({ text: "LOCAL%" })))).toEqual(["local%1"]);
      expect(await idsOf(models.page(pageOf({ capability: "embeddings" })))).toEqual(["embedder"]);
      expect(await idsOf(models.page(pageOf({ capability: "tools" })))).toContain("openai/gpt-4");
      const byWeight = { limit: 2, sort: { by: "weight", direction: "desc" } } as const;
      expect(await idsOf(models.page(byWeight))).toEqual(["openai/gpt-4", "local%1"]);
      for (const direction of ["asc", "desc"] as const) {
        const byPrice = await idsOf(models.page({ limit: 10, sort: { by: "inputPrice", direction } }));
        expect(byPrice.at(-1)).toBe("embedder");
      }
      expect(await idsOf(providers.page(pageOf({ type: "openai" })))).toEqual(["openai"]);
      expect(await idsOf(providers.page(pageOf({ source: "admin", enabled: false })))).toEqual([
        "local-vllm",
      ]);
      expect(await idsOf(aliases.page(pageOf({ modelId: "openai/gpt-4" })))).toEqual(["fast"]);
      expect(await idsOf(aliases.page(pageOf({ modelId: "gpt-4" })))).toEqual(["off"]);
      expect(await idsOf(aliases.page(pageOf({ enabled: true, text: "f" })))).toEqual(["fast"]);
    });

    test("S1-5: a change names the version it has seen; a late one is told the present entry", async () => {
      const { db, models } = await setUp();
      expect(await models.create(buildModel("m"), admin)).toMatchObject({
        kind: "created",
        stored: { source: "admin", version: 1 },
      });
      expect((await models.create(buildModel("m", { weight: 7 }), admin)).kind).toBe("exists");
      const write = { nowMs: 3_000, expectedVersion: 1 };
      expect(await models.update("m", { weight: 1 }, write)).toMatchObject({
        kind: "updated",
        isChanged: true,
      });
      const version = await versionOf(db);
      expect(await models.update("m", { weight: 2 }, write)).toMatchObject({
        kind: "version_mismatch",
        current: { version: 2, entry: { weight: 1 } },
      });
      expect((await models.remove("m", write)).kind).toBe("version_mismatch");
      expect(await models.update("absent", { weight: 2 }, { nowMs: 1 })).toEqual({ kind: "missing" });
      expect(await versionOf(db)).toBe(version);
      expect((await models.remove("m", { nowMs: 1, expectedVersion: 2 })).kind).toBe("removed");
    });

    test("S2-27: what an admin changed or removed survives a restart with the same or another configuration", async () => {
      const { db, models } = await setUp();
      const configured = {
        providers: [buildProvider("vllm")],
        models: [buildModel("a"), buildModel("b"), buildModel("c")],
        aliases: [],
      };
      await replaceConfiguredCatalogue(db, { ...configured, nowMs: 1 });
      await models.update("a", { weight: 42 }, { nowMs: 2 });
      await models.remove("b", { nowMs: 2 });
      const before = await loadCatalogue(db);
      await replaceConfiguredCatalogue(db, { ...configured, nowMs: 3 });
      expect(await loadCatalogue(db)).toEqual(before);
      const later = { ...configured, models: [buildModel("a", { weight: 1 }), buildModel("b")] };
      const replaced = await replaceConfiguredCatalogue(db, { ...later, nowMs: 4 });
      expect(replaced.models).toEqual({
        added: [],
        changed: [],
        removed: ["c"],
        keptForAdmin: ["a"],
        keptRemoved: ["b"],
      });
      expect((await models.get("a"))?.entry.weight).toBe(42);
    });

    test("what an admin hands back follows the configuration again", async () => {
      const { db, models } = await setUp();
      const configured = { providers: [], models: [buildModel("a"), buildModel("b")], aliases: [] };
      await replaceConfiguredCatalogue(db, { ...configured, nowMs: 1 });
      await models.update("a", { weight: 42 }, { nowMs: 2 });
      await models.remove("b", { nowMs: 2 });
      expect(await models.handBack("a", { nowMs: 3 })).toBe(true);
      expect(await models.handBack("b", { nowMs: 3 })).toBe(true);
      expect(await models.handBack("absent", { nowMs: 3 })).toBe(false);
      const { models: replaced } = await replaceConfiguredCatalogue(db, { ...configured, nowMs: 4 });
      expect(replaced).toMatchObject({ added: ["b"], changed: ["a"], keptForAdmin: [], keptRemoved: [] });
    });

    test("an id that was removed can be created again, and a removal is forgotten with the configuration's entry", async () => {
      const { db, models } = await setUp();
      const configured = (ids: readonly string[], nowMs: number) =>
        replaceConfiguredCatalogue(db, {
          providers: [],
          models: ids.map((id) => buildModel(id)),
          aliases: [],
          nowMs,
        });
      await configured(["a", "b"], 1);
      await models.remove("a", { nowMs: 2 });
      await models.remove("b", { nowMs: 2 });
      await models.create(buildModel("a", { weight: 3 }), { nowMs: 3 });
      expect((await configured(["a"], 4)).models).toMatchObject({ keptForAdmin: ["a"], keptRemoved: [] });
      expect((await configured(["a", "b"], 5)).models).toMatchObject({ added: ["b"] });
    });

    test("removing a provider removes its models, keeps both away, and can take more with it or fail as a whole", async () => {
      const { db, providers, models } = await setUp();
      const configured = {
        providers: [buildProvider("vllm"), buildProvider("other")],
        models: [buildModel("m"), buildModel("n"), buildModel("o", { providerId: "other" })],
        aliases: [],
      };
      await replaceConfiguredCatalogue(db, { ...configured, nowMs: 1 });
      const failing = transaction(db, async (begun) => {
        await createProviderRepository(begun).remove("vllm", { nowMs: 2 });
        throw new Error("the vault refused");
      });
      await expect(failing).rejects.toThrow("the vault refused");
      expect(await models.list()).toHaveLength(3);
      expect(await providers.remove("vllm", { nowMs: 2, expectedVersion: 9 })).toMatchObject({
        kind: "version_mismatch",
      });
      expect(await models.list()).toHaveLength(3);
      expect(await providers.remove("vllm", { nowMs: 2, expectedVersion: 1 })).toMatchObject({
        kind: "removed",
        modelIds: ["m", "n"],
      });
      expect(await providers.remove("vllm", { nowMs: 2 })).toEqual({ kind: "missing" });
      await replaceConfiguredCatalogue(db, { ...configured, nowMs: 3 });
      expect((await models.list()).map(({ entry }) => entry.id)).toEqual(["o"]);
      await providers.handBack("vllm", { nowMs: 4 });
      await replaceConfiguredCatalogue(db, { ...configured, nowMs: 5 });
      expect(await models.list()).toHaveLength(3);
    });

    test("a price refresh of a configured model leaves it to the configuration", async () => {
      const { models } = await setUp();
      await models.upsert(buildModel("m"), config);
      const price = { inputPer1kUsd: 1, outputPer1kUsd: 2 };
      const refreshed = await models.update(
        "m",
        { price, priceSource: "catalogue" },
        { nowMs: 2, source: "config" },
      );
      expect(refreshed).toMatchObject({
        stored: { source: "config", entry: { price, priceSource: "catalogue" } },
      });
    });

    test("S1-19, S1-20, S1d-39, S2-39: what one gateway writes another one reads", async () => {
      const { database, providers, models } = await setUp();
      const other = (await openAgain(database)) ?? database;
      await providers.create(buildProvider("p"), admin);
      await models.create(buildModel("m"), admin);
      const catalogue = await loadCatalogue(other.db);
      expect([catalogue.providers, catalogue.models]).toEqual([[buildProvider("p")], [buildModel("m")]]);
    });
  });
});
