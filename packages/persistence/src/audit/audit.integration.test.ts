import { expect, test } from "vitest";
import { describeDatabases } from "../testing/describe-databases.ts";
import { transaction } from "../transaction.ts";
import { createAuditRepository, type AuditEntry, type AuditFilters } from "./audit-repository.ts";

const entry = (number: number, fields: Partial<AuditEntry> = {}): AuditEntry => ({
  timestampMs: 1_000 + number,
  actor: { kind: "token", id: "adm_1", name: "Deploy", role: "operator", ip: "203.0.113.9" },
  action: "provider.update",
  resourceKind: "provider",
  resourceId: `openai-${number}`,
  outcome: "ok",
  detail: { enabled: { from: true, to: false } },
  requestId: `req_${number}`,
  ...fields,
});

describeDatabases(({ openMigrated }) => {
  test("S1-22, S1d-28: who did what, from where, to what, and how it ended is kept and comes back newest first", async () => {
    const audit = createAuditRepository((await openMigrated()).db);
    const entries = [
      entry(1),
      entry(2, {
        actor: { kind: "anonymous", id: null, name: null, role: null, ip: null },
        action: "vault.unlock",
        resourceKind: null,
        resourceId: null,
        outcome: "denied",
        detail: null,
        requestId: null,
      }),
    ];
    await audit.append(entries);
    await audit.append([]);
    expect(await audit.page({ limit: 10 })).toEqual({
      items: [
        { id: 2, ...entries[1] },
        { id: 1, ...entries[0] },
      ],
      total: 2,
    });
  });

  test("S1d-28: the log is paged and filtered by action, actor, resource, outcome, time and text", async () => {
    const audit = createAuditRepository((await openMigrated()).db);
    const viewer = { kind: "session", id: "ses_2", name: "Ann", role: "viewer", ip: "::1" } as const;
    await audit.append([
      entry(1),
      entry(2, { action: "provider.delete" }),
      entry(3, { action: "providers_.x", actor: viewer }),
      entry(4, { action: "model.update", resourceKind: "model", resourceId: "org/m", outcome: "failed" }),
      entry(4, { action: "model.update", resourceKind: "model", resourceId: "org/m" }),
    ]);
    const found = async (filters: AuditFilters): Promise<number[]> =>
      (await audit.page({ filters, limit: 10 })).items.map(({ id }) => id);
    expect(await found({ action: "provider.update" })).toEqual([1]);
    expect(await found({ action: "provider.*" })).toEqual([2, 1]);
    expect(await found({ action: "*" })).toEqual([5, 4, 3, 2, 1]);
    expect(await found({ actorId: "ses_2" })).toEqual([3]);
    expect(await found({ actorKind: "token", outcome: "failed" })).toEqual([4]);
    expect(await found({ resourceKind: "model", resourceId: "org/m" })).toEqual([5, 4]);
    expect(await found({ fromMs: 1_002, toMs: 1_004 })).toEqual([3, 2]);
    expect(await found({ text: "ANN" })).toEqual([3]);
    const second = await audit.page({ limit: 2, offset: 2 });
    expect([second.total, second.items.map(({ id }) => id)]).toEqual([5, [3, 2]]);
  });

  test("an entry is part of the change it describes, and ids have no gap", async () => {
    const { db } = await openMigrated();
    const failing = transaction(db, async (begun) => {
      await createAuditRepository(begun).append([entry(1)]);
      throw new Error("refused");
    });
    await expect(failing).rejects.toThrow("refused");
    const audit = createAuditRepository(db);
    await Promise.all([2, 3, 4].map((number) => audit.append([entry(number), entry(number)])));
    const { items } = await audit.page({ limit: 10 });
    expect(items.map(({ id }) => id).toSorted((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
