import { createApiKeyRepository, createProjectRepository, transaction } from "@tokenhub/persistence";
import { expect, it } from "vitest";
import { describeDatabases } from "@tokenhub/persistence/testing";
import { buildApiKey } from "./access-bench.fixture.ts";
import { createAccessStore } from "./access-store.ts";
import { createSpendReader } from "./spend-reader.ts";
import { buildFact } from "@tokenhub/persistence/testing";
import { recordFinished } from "@tokenhub/persistence";

describeDatabases(({ openMigrated }) => {
  it("S3-92: the revision rises by one with every committed change and not with one that is taken back", async () => {
    const { db } = await openMigrated();
    const store = createAccessStore(db);
    expect(await store.revision()).toBe(0);
    const raise = () => transaction(db, (begun) => store.raiseRevision(begun));
    expect(await raise()).toBe(1);
    const takenBack = transaction(db, async (begun) => {
      await store.raiseRevision(begun);
      throw new Error("taken back");
    });
    await expect(takenBack).rejects.toThrow("taken back");
    expect(await store.revision()).toBe(1);
    const raised = await Promise.all(Array.from({ length: 20 }, raise));
    expect(raised.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
    expect(await store.revision()).toBe(21);
  });

  it("S3-92: keys come in pages and by id with all that admission needs", async () => {
    const { db } = await openMigrated();
    const store = createAccessStore(db);
    const keys = createApiKeyRepository(db);
    const dayMs = 86_400_000;
    await createProjectRepository(db).create(
      { id: "p", tenantId: "default", name: "P", enabled: false, monthlyBudgetNanoUsd: 7 },
      { nowMs: 1 },
    );
    const full = buildApiKey("key_b", {
      projectId: "p",
      previousKeyHash: "old",
      previousValidUntilMs: 5,
      scopes: ["chat"],
      allowedModelIds: ["m"],
      expiresAtMs: 6,
      rotationDays: 2,
      rotatedAtMs: 100,
      enabled: false,
      monthlyBudgetNanoUsd: 9_000_000_000_000_000,
      rateLimitRps: 0.5,
      maxConcurrentRequests: 3,
      cache: { kind: "on", ttlMs: 60_000 },
      budgetResetAtMs: 8,
    });
    for (const key of [full, buildApiKey("key_c", { rateLimitRps: -1 }), buildApiKey("key_a")])
      await keys.create(key, { nowMs: 1 });

    const first = await store.pageOfKeys({ afterId: "", limit: 2 });
    expect(first.map(({ id }) => id)).toEqual(["key_a", "key_b"]);
    expect((await store.pageOfKeys({ afterId: "key_b", limit: 2 })).map(({ id }) => id)).toEqual(["key_c"]);
    expect(first[0]).toMatchObject({
      scopes: [],
      allowedModels: null,
      expiresAtMs: Infinity,
      rotationDueAtMs: Infinity,
      requestsPerSecond: null,
      concurrentRequests: null,
      cache: null,
    });
    expect(first[1]).toEqual({
      id: "key_b",
      name: "name of key_b",
      tenantId: "default",
      projectId: "p",
      keyHash: "hash of key_b",
      previousKeyHash: "old",
      previousValidUntilMs: 5,
      scopes: ["chat"],
      allowedModels: ["m"],
      enabled: false,
      expiresAtMs: 6,
      rotationDueAtMs: 100 + 2 * dayMs,
      budgetNanoUsd: 9_000_000_000_000_000,
      budgetResetAtMs: 8,
      requestsPerSecond: 0.5,
      concurrentRequests: 3,
      cache: { kind: "on", ttlMs: 60_000 },
    });
    expect((await store.keys(["key_c", "nobody"])).map((key) => key.requestsPerSecond)).toEqual([Infinity]);
    expect(await store.keys([])).toEqual([]);
    expect(await store.projects()).toEqual([{ id: "p", enabled: false, budgetNanoUsd: 7 }]);
    expect((await store.tenants()).map(({ id }) => id)).toEqual(["anonymous", "default"]);
  });

  it("spend on the first of a month counts, and of a month before it or before a reset does not", async () => {
    const { db } = await openMigrated();
    const spend = createSpendReader(db);
    const firstMs = Date.UTC(2026, 10, 1);
    const cents = (number: number, acceptedAtMs: number) =>
      buildFact(number, {
        keyId: "key_1",
        projectId: "p",
        tenantId: "t",
        acceptedAtMs,
        result: { costUsd: 0.01 },
      });
    const facts = [
      cents(1, firstMs - 1),
      cents(2, firstMs),
      cents(3, firstMs + 1),
      cents(4, firstMs + 1_000),
    ];
    await recordFinished(db, { facts, nowMs: firstMs });
    const nowMs = Date.UTC(2026, 10, 30, 23, 59);
    const spentBy = (kind: "key" | "project" | "tenant", id: string, resetAtMs: number | null = null) =>
      spend.spentNanoUsd({ kind, id, resetAtMs }, nowMs);
    expect(await spentBy("key", "key_1")).toBe(30_000_000);
    expect(await spentBy("project", "p")).toBe(30_000_000);
    expect(await spentBy("tenant", "t")).toBe(30_000_000);
    expect(await spentBy("key", "key_1", firstMs + 1)).toBe(20_000_000);
    expect(await spentBy("key", "key_1", firstMs - 86_400_000)).toBe(30_000_000);
    expect(await spentBy("key", "key_2")).toBe(0);
    expect(await spend.spentNanoUsd({ kind: "key", id: "key_1", resetAtMs: null }, firstMs - 1)).toBe(
      10_000_000,
    );
    const both = [
      { id: "key_1", resetAtMs: firstMs + 2 },
      { id: "key_2", resetAtMs: null },
    ];
    expect(await spend.spentByMany("key", both, nowMs)).toEqual(new Map([["key_1", 10_000_000]]));
    const ids = facts.map(({ result }) => result.requestId);
    expect(await spend.recorded([...ids, "req_other"])).toEqual(new Set(ids));
    expect(await spend.recorded([])).toEqual(new Set());
  });
});
