import { describe, expect, test } from "vitest";
import { DatabaseError } from "../database-error.ts";
import { buildKey, buildToken } from "../testing/build-access.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createAdminSessionRepository, type AdminSession } from "./admin-session-repository.ts";
import { createAdminTokenRepository } from "./admin-token-repository.ts";
import { createApiKeyRepository } from "./api-key-repository.ts";
import { createProjectRepository } from "./project-repository.ts";
import { createTenantRepository } from "./tenant-repository.ts";

const dayMs = 86_400_000;
const at = { nowMs: 5_000 } as const;

describeDatabases(({ openMigrated }) => {
  async function setUp() {
    const { db } = await openMigrated();
    return {
      db,
      tenants: createTenantRepository(db),
      projects: createProjectRepository(db),
      keys: createApiKeyRepository(db),
      tokens: createAdminTokenRepository(db),
      sessions: createAdminSessionRepository(db),
    };
  }

  describe("tenants and projects", () => {
    test("the tenants `default` and `anonymous` exist and cannot be removed", async () => {
      const { tenants } = await setUp();
      expect((await tenants.list()).map(({ entry }) => entry.id)).toEqual(["anonymous", "default"]);
      for (const id of ["default", "anonymous"]) {
        expect(await tenants.remove(id)).toEqual({ kind: "in_use", reason: "built_in" });
      }
    });

    test("a tenant comes back as it was stored, and stays while it has projects or keys", async () => {
      const { tenants, projects, keys } = await setUp();
      const limits = { requestsPerSecond: 5, concurrentRequests: 8, monthlyBudgetNanoUsd: 7_000_000_000 };
      const tenant = { id: "ten_1", name: "Search", enabled: true, limits };
      await tenants.create(tenant, at);
      expect((await tenants.get("ten_1"))?.entry).toEqual(tenant);
      await projects.create(
        { id: "prj_1", tenantId: "ten_1", name: "P", enabled: true, monthlyBudgetNanoUsd: 5 },
        at,
      );
      expect(await tenants.remove("ten_1")).toEqual({ kind: "in_use", reason: "has_projects" });
      await keys.create(buildKey(1, { tenantId: "ten_1", projectId: "prj_1" }), at);
      expect(await projects.remove("prj_1")).toEqual({ kind: "in_use", reason: "has_keys" });
      await keys.update(buildKey(1).id, { projectId: null }, at);
      expect((await projects.remove("prj_1")).kind).toBe("removed");
      expect(await tenants.remove("ten_1")).toEqual({ kind: "in_use", reason: "has_keys" });
      await keys.remove(buildKey(1).id);
      expect((await tenants.remove("ten_1", { expectedVersion: 1 })).kind).toBe("removed");
      expect(await tenants.get("ten_1")).toBeNull();
    });

    test("projects are listed by tenant and never change it", async () => {
      const { tenants, projects } = await setUp();
      await tenants.create({ id: "ten_1", name: "T", enabled: true, limits: null }, at);
      for (const [index, tenantId] of ["default", "ten_1", "default"].entries()) {
        await projects.create(
          { id: `prj_${index}`, tenantId, name: `P${index}`, enabled: true, monthlyBudgetNanoUsd: null },
          at,
        );
      }
      const page = await projects.page({ filters: { tenantId: "default" }, limit: 1 });
      expect([page.total, page.items.map(({ entry }) => entry.id)]).toEqual([2, ["prj_0"]]);
      const patch = { name: "New", tenantId: "ten_1" } as { readonly name: string };
      await projects.update("prj_0", patch, at);
      expect((await projects.get("prj_0"))?.entry).toMatchObject({ name: "New", tenantId: "default" });
    });
  });

  describe("API keys", () => {
    test("a key comes back exactly as it was stored, without its secret", async () => {
      const { keys } = await setUp();
      const full = buildKey(1, {
        scopes: [],
        allowedModelIds: ["gpt-4", "org/model"],
        expiresAtMs: 9e12,
        rotationDays: 30,
        enabled: false,
        monthlyBudgetNanoUsd: 12_500_000_000,
        rateLimitRps: -1,
        budgetResetAtMs: 77,
        previousKeyHash: "before",
        previousValidUntilMs: 88,
      });
      expect(await keys.create(full, at)).toEqual({
        kind: "created",
        stored: { entry: full, version: 1, createdAtMs: 5_000, updatedAtMs: 5_000, lastUsedAtMs: null },
      });
      expect((await keys.get(full.id))?.entry).toEqual(full);
      expect(await keys.get("key_absent")).toBeNull();
    });

    test("a key is found by the hash of its secret, disabled and expired ones too", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1, { enabled: false, expiresAtMs: 1 }), at);
      await keys.create(buildKey(2), at);
      expect(await keys.findByHash("hash-of-secret-1", at)).toMatchObject({
        stored: { entry: { id: buildKey(1).id, enabled: false } },
        matched: "current",
      });
      expect(await keys.findByHash("hash-of-secret-3", at)).toBeNull();
    });

    test("after a rotation the old secret works until its grace ends, then never again", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1), at);
      const rotation = { keyHash: "new-hash", keyPrefix: "tokenhub_new", graceMs: 1_000, nowMs: 10_000 };
      const rotated = await keys.rotate(buildKey(1).id, rotation);
      expect(rotated).toMatchObject({
        kind: "updated",
        stored: { version: 2, entry: { rotatedAtMs: 10_000 } },
      });
      expect((await keys.findByHash("new-hash", { nowMs: 10_000 }))?.matched).toBe("current");
      expect((await keys.findByHash("hash-of-secret-1", { nowMs: 10_999 }))?.matched).toBe("previous");
      expect(await keys.findByHash("hash-of-secret-1", { nowMs: 11_000 })).toBeNull();
    });

    test("a rotation without grace ends the old secret at once", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1), at);
      await keys.rotate(buildKey(1).id, { keyHash: "new", keyPrefix: "n", graceMs: 0, nowMs: 10_000 });
      expect(await keys.findByHash("hash-of-secret-1", { nowMs: 10_000 })).toBeNull();
      expect((await keys.get(buildKey(1).id))?.entry.previousKeyHash).toBeNull();
    });

    test("the days until the next rotation count from the last one, not from the key's creation", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1, { rotationDays: 30, rotatedAtMs: 0 }), at);
      await keys.create(buildKey(2, { rotationDays: 30, rotatedAtMs: 0, enabled: false }), at);
      await keys.create(buildKey(3), at);
      const overdue = async (nowMs: number): Promise<string[]> =>
        (await keys.listOverdueForRotation({ nowMs })).map(({ entry }) => entry.id);
      expect(await overdue(30 * dayMs - 1)).toEqual([]);
      expect(await overdue(30 * dayMs)).toEqual([buildKey(1).id]);
      const rotation = { keyHash: "new", keyPrefix: "n", graceMs: 0, nowMs: 30 * dayMs };
      await keys.rotate(buildKey(1).id, rotation);
      expect(await overdue(59 * dayMs)).toEqual([]);
      expect(await overdue(60 * dayMs)).toEqual([buildKey(1).id]);
    });

    test("lists filter by tenant, project, state and text, and sort", async () => {
      const { tenants, projects, keys } = await setUp();
      await tenants.create({ id: "ten_1", name: "T", enabled: true, limits: null }, at);
      await projects.create(
        { id: "prj_1", tenantId: "ten_1", name: "P", enabled: true, monthlyBudgetNanoUsd: null },
        at,
      );
      await keys.create(buildKey(1, { name: "100%_prod" }), { nowMs: 1 });
      await keys.create(buildKey(2, { tenantId: "ten_1", projectId: "prj_1" }), { nowMs: 2 });
      await keys.create(buildKey(3, { tenantId: "ten_1", enabled: false, expiresAtMs: 9 }), { nowMs: 3 });
      const numbers = async (request: Partial<Parameters<typeof keys.page>[0]>): Promise<number[]> => {
        const { items, total } = await keys.page({ limit: 10, ...request });
        expect(total).toBe(items.length);
        return items.map(({ entry }) => Number(entry.id.slice(4)));
      };
      expect(await numbers({})).toEqual([3, 2, 1]);
      expect(await numbers({ filters: { tenantId: "ten_1" } })).toEqual([3, 2]);
      expect(await numbers({ filters: { projectId: null } })).toEqual([3, 1]);
      expect(await numbers({ filters: { projectId: "prj_1" } })).toEqual([2]);
      expect(await numbers({ filters: { enabled: false } })).toEqual([3]);
      expect(await numbers({ filters: { text: "0%_PROD" } })).toEqual([1]);
      expect(await numbers({ filters: { text: "_%" } })).toEqual([]);
      expect(await numbers({ sort: { by: "name", direction: "asc" } })).toEqual([1, 2, 3]);
      // Keys that never expire come last, whatever the database thinks of null.
      expect(await numbers({ sort: { by: "expiresAt", direction: "asc" } })).toEqual([3, 1, 2]);
    });

    test("use is noted in batches, only forwards, and is no edit", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1), at);
      await keys.create(buildKey(2), at);
      await keys.touch(
        new Map([
          [buildKey(1).id, 100.4],
          [buildKey(2).id, 200],
          ["key_gone", 300],
        ]),
      );
      await keys.touch(
        new Map([
          [buildKey(1).id, 50],
          [buildKey(2).id, 201],
        ]),
      );
      await keys.touch(new Map());
      const stored = await Promise.all([1, 2].map((number) => keys.get(buildKey(number).id)));
      expect(stored.map((key) => [key?.lastUsedAtMs, key?.version])).toEqual([
        [100, 1],
        [201, 1],
      ]);
    });

    test("a key of a tenant that does not exist is refused by the database", async () => {
      const { keys } = await setUp();
      await expect(keys.create(buildKey(1, { tenantId: "ten_absent" }), at)).rejects.toThrow(/foreign key/i);
    });
  });

  describe("optimistic concurrency", () => {
    test("S1-5: a write that has seen an older version is told the present one and changes nothing", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1), at);
      const { id } = buildKey(1);
      await keys.update(id, { name: "first" }, { nowMs: 6_000, expectedVersion: 1 });
      const late = await keys.update(id, { name: "second" }, { nowMs: 7_000, expectedVersion: 1 });
      expect(late).toMatchObject({
        kind: "version_mismatch",
        current: { version: 2, entry: { name: "first" } },
      });
      expect(await keys.remove(id, { expectedVersion: 1 })).toMatchObject({ kind: "version_mismatch" });
      expect(await keys.get(id)).toMatchObject({ version: 2, updatedAtMs: 6_000, entry: { name: "first" } });
      expect(await keys.update("key_absent", {}, at)).toEqual({ kind: "missing" });
      expect(await keys.remove("key_absent")).toEqual({ kind: "missing" });
    });

    test("a patch keeps what it does not name, and one that changes nothing raises no version", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1), at);
      const patched = await keys.update(
        buildKey(1).id,
        { name: "new", monthlyBudgetNanoUsd: 0, rotationDays: undefined },
        { nowMs: 6_000 },
      );
      const entry = { ...buildKey(1), name: "new", monthlyBudgetNanoUsd: 0 };
      expect(patched).toMatchObject({ kind: "updated", isChanged: true, stored: { entry, version: 2 } });
      expect(await keys.update(buildKey(1).id, { name: "new" }, { nowMs: 7_000 })).toMatchObject({
        kind: "updated",
        isChanged: false,
        stored: { version: 2, updatedAtMs: 6_000 },
      });
    });

    test("an id that exists is not created again", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1), at);
      const again = await keys.create(buildKey(1, { name: "other", keyHash: "other" }), at);
      expect(again).toMatchObject({ kind: "exists", current: { entry: { name: "Key 1" } } });
    });

    test("of many writers with the same version exactly one wins, and writers without one all count", async () => {
      const { keys } = await setUp();
      await keys.create(buildKey(1), at);
      const { id } = buildKey(1);
      const guarded = await Promise.all(
        Array.from({ length: 5 }, (_, index) =>
          keys.update(id, { name: `writer ${index}` }, { nowMs: 6_000, expectedVersion: 1 }),
        ),
      );
      expect(guarded.filter(({ kind }) => kind === "updated")).toHaveLength(1);
      expect(guarded.filter(({ kind }) => kind === "version_mismatch")).toHaveLength(4);
      await Promise.all(
        Array.from({ length: 5 }, (_, index) => keys.update(id, { rotationDays: index + 1 }, at)),
      );
      expect((await keys.get(id))?.version).toBe(7);
    });
  });

  describe("admin tokens and sessions", () => {
    const session = (number: number, fields: Partial<AdminSession> = {}): AdminSession => ({
      idHash: `session-hash-${number}`,
      tokenId: null,
      actorName: "password",
      role: "admin",
      createdAtMs: 1_000,
      expiresAtMs: 2_000,
      lastSeenAtMs: 1_000,
      ...fields,
    });

    test("a token is found by its hash, listed by role, and its use is noted", async () => {
      const { tokens } = await setUp();
      await tokens.create(buildToken(1), { nowMs: 1 });
      await tokens.create(buildToken(2, { role: "viewer", expiresAtMs: 9 }), { nowMs: 2 });
      await tokens.touch(new Map([[buildToken(2).id, 77]]));
      expect(await tokens.findByHash("hash-of-token-2")).toMatchObject({
        entry: buildToken(2, { role: "viewer", expiresAtMs: 9 }),
        lastUsedAtMs: 77,
      });
      expect(await tokens.findByHash("hash")).toBeNull();
      const { items } = await tokens.page({ filters: { role: "viewer" }, limit: 5 });
      expect(items.map(({ entry }) => entry.name)).toEqual(["Token 2"]);
      expect((await tokens.page({ limit: 1 })).total).toBe(2);
    });

    test("a role nobody knows is named, not granted", async () => {
      const { db, tokens } = await setUp();
      await tokens.create(buildToken(1), at);
      await db
        .updateTable("admin_tokens")
        .set({ role: "root" as "admin" })
        .execute();
      await expect(tokens.findByHash("hash-of-token-1")).rejects.toThrow(DatabaseError);
    });

    test("a session ends at its time, and use can move it", async () => {
      const { sessions } = await setUp();
      await sessions.create(session(1));
      expect(await sessions.find("session-hash-1", { nowMs: 1_999 })).toEqual(session(1));
      expect(await sessions.find("session-hash-1", { nowMs: 2_000 })).toBeNull();
      await sessions.touch("session-hash-1", { nowMs: 1_500, expiresAtMs: 3_000 });
      expect(await sessions.find("session-hash-1", { nowMs: 2_999 })).toMatchObject({ lastSeenAtMs: 1_500 });
      await sessions.touch("session-hash-1", { nowMs: 1_600 });
      expect(await sessions.remove("session-hash-1")).toBe(true);
      expect(await sessions.remove("session-hash-1")).toBe(false);
    });

    test("removing a token ends its sessions and no others", async () => {
      const { tokens, sessions } = await setUp();
      await tokens.create(buildToken(1), at);
      await tokens.create(buildToken(2), at);
      await sessions.create(session(1, { tokenId: buildToken(1).id }));
      await sessions.create(session(2, { tokenId: buildToken(2).id }));
      await sessions.create(session(3));
      await tokens.remove(buildToken(1).id);
      expect(await sessions.find("session-hash-1", { nowMs: 1_000 })).toBeNull();
      expect(await sessions.removeAll({ tokenId: buildToken(2).id })).toBe(1);
      expect(await sessions.removeAll()).toBe(1);
    });
  });
});
