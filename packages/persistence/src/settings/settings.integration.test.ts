import { banditSnapshotSchema } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { createSettingsRepository } from "./settings-repository.ts";
import { createRoutingConfigRepository, type RoutingConfig } from "./routing-config-repository.ts";
import { createVaultRepository, type StoredVaultEntry } from "../vault/vault-repository.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { textList } from "../read-row.ts";
import { transaction } from "../transaction.ts";

describeDatabases(({ openMigrated, openAgain }) => {
  describe("settings", () => {
    test("a value is set, replaced, read through its contract, and removed", async () => {
      const settings = createSettingsRepository((await openMigrated()).db);
      expect(await settings.get("wildcard", textList)).toBeNull();
      await settings.set("wildcard", ["a"], { nowMs: 1 });
      await settings.set("wildcard", ["a", "b"], { nowMs: 2 });
      expect(await settings.get("wildcard", textList)).toEqual(["a", "b"]);
      await expect(settings.get("wildcard", banditSnapshotSchema)).rejects.toThrow(
        'The row "wildcard" of the table settings cannot be read',
      );
      expect(await settings.remove("wildcard")).toBe(true);
      expect(await settings.remove("wildcard")).toBe(false);
    });
  });

  describe("routing config", () => {
    const config: RoutingConfig = {
      strategy: "thompson",
      defaultMode: "cheap",
      defaultMaxBudgetNanoUsd: 50_000_000,
      defaultMaxLatencyMs: 0,
      allowExploration: false,
      explorationShare: 0.1,
      explorationTemperature: 0.5,
    };

    test("S1-21: it is kept with a limit of 0 and no limit told apart, and is null until somebody saves it", async () => {
      const repository = createRoutingConfigRepository((await openMigrated()).db);
      expect(await repository.get()).toBeNull();
      await repository.save(config, { nowMs: 1 });
      const changed = {
        ...config,
        defaultMaxBudgetNanoUsd: null,
        allowExploration: true,
        explorationShare: 0,
      };
      await repository.save(changed, { nowMs: 2 });
      expect(await repository.get()).toEqual({ entry: changed, version: 2, updatedAtMs: 2 });
    });

    test("S1-21: a save that has seen another version is told the present one", async () => {
      const repository = createRoutingConfigRepository((await openMigrated()).db);
      expect(await repository.save(config, { nowMs: 1, expectedVersion: 3 })).toEqual({
        kind: "version_mismatch",
        current: null,
      });
      expect((await repository.save(config, { nowMs: 1, expectedVersion: 0 })).kind).toBe("saved");
      expect(await repository.save(config, { nowMs: 2, expectedVersion: 0 })).toMatchObject({
        kind: "version_mismatch",
        current: { version: 1 },
      });
      expect(await repository.save(config, { nowMs: 2, expectedVersion: 1 })).toMatchObject({
        kind: "saved",
        stored: { version: 2 },
      });
    });
  });

  describe("vault", () => {
    const now = (): number => 42;
    const entry = (name: string, fields: Partial<StoredVaultEntry> = {}): StoredVaultEntry => ({
      name,
      dataKeyId: "dk_1",
      sealed: `sealed ${name}`,
      version: 1,
      updatedAtMs: 7,
      ...fields,
    });

    test("S2-38, S2-45: envelope and sealed entries are in the database, byte for byte", async () => {
      const database = await openMigrated();
      const vault = createVaultRepository(database.db, { now });
      expect(await vault.load()).toBeNull();
      const envelopeJson = '{ "format":"tokenhub-vault",  "version":1 }';
      expect(await vault.replace(null, { envelopeJson, entries: [entry("b"), entry("a")] })).toBe(true);
      const other = (await openAgain(database)) ?? database;
      expect(await createVaultRepository(other.db, { now }).load()).toEqual({
        revision: 1,
        envelopeJson,
        entries: [entry("a"), entry("b")],
      });
    });

    test("S2-38: a write that has seen an older revision changes nothing, whatever it writes", async () => {
      const vault = createVaultRepository((await openMigrated()).db, { now });
      expect(await vault.putEntry(1, entry("a"))).toBe(false);
      await vault.replace(null, { envelopeJson: "{}", entries: [] });
      expect(await vault.replace(null, { envelopeJson: "other", entries: [] })).toBe(false);
      expect(await vault.putEntry(1, entry("a"))).toBe(true);
      expect(await vault.putEntry(1, entry("a", { sealed: "late" }))).toBe(false);
      expect(await vault.putEntry(2, entry("a", { sealed: "second", version: 2 }))).toBe(true);
      expect(await vault.deleteEntry(2, "a")).toBe(false);
      expect(await vault.replace(2, { envelopeJson: "late", entries: [] })).toBe(false);
      expect(await vault.load()).toEqual({
        revision: 3,
        envelopeJson: "{}",
        entries: [entry("a", { sealed: "second", version: 2 })],
      });
      expect(await vault.replace(3, { envelopeJson: "new", entries: [entry("c")] })).toBe(true);
      expect(await vault.deleteEntry(4, "absent")).toBe(true);
      expect(await vault.load()).toEqual({ revision: 5, envelopeJson: "new", entries: [entry("c")] });
    });

    test("S2-42: of two writers at one revision one wins, and a change that fails takes its vault entry back", async () => {
      const { db } = await openMigrated();
      const vault = createVaultRepository(db, { now });
      await vault.replace(null, { envelopeJson: "{}", entries: [] });
      const wins = await Promise.all(["a", "b", "c"].map((name) => vault.putEntry(1, entry(name))));
      expect(wins.filter(Boolean)).toHaveLength(1);
      const failing = transaction(db, async (begun) => {
        await createVaultRepository(begun, { now }).putEntry(2, entry("half"));
        throw new Error("the catalogue refused");
      });
      await expect(failing).rejects.toThrow("the catalogue refused");
      const { revision, entries } = (await vault.load()) ?? { revision: 0, entries: [] };
      expect([revision, entries.length]).toEqual([2, 1]);
    });
  });
});
