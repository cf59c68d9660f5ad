import type { AuditEntry } from "@tokenhub/persistence";
import type { VaultEvent } from "@tokenhub/vault";
import { expect, test } from "vitest";
import { createVaultAudit } from "./audit-vault-event.ts";

function setup(append: (entries: readonly AuditEntry[]) => Promise<void>) {
  const errors: unknown[] = [];
  const audit = createVaultAudit({
    audit: { append },
    gatewayId: "gw_1",
    now: () => 5_000,
    onError: (error) => errors.push(error),
  });
  return { audit, errors };
}

test("S2-42: what the vault does by itself is the system's deed; what a person did is not told twice", async () => {
  const rows: AuditEntry[] = [];
  const { audit } = setup(async (entries) => void rows.push(...entries));
  const events: VaultEvent[] = [
    { type: "vault-unlocked", unlockedBy: "configuration" },
    { type: "vault-locked", reason: "idle" },
    { type: "vault-locked", reason: "superseded" },
    { type: "vault-unlocked", unlockedBy: "person" },
    { type: "vault-locked", reason: "request" },
    { type: "vault-locked", reason: "shutdown" },
    { type: "data-key-replaced", dataKeyId: "d" },
    { type: "entry-written", name: "a", version: 1 },
    { type: "entry-deleted", name: "a" },
  ];
  for (const event of events) audit.onEvent(event);
  await audit.settled();
  expect(rows.map(({ action, detail }) => [action, detail])).toEqual([
    ["vault.unlock", { reason: "configuration" }],
    ["vault.lock", { reason: "idle" }],
    ["vault.lock", { reason: "superseded" }],
  ]);
  expect(rows[0]).toMatchObject({
    timestampMs: 5_000,
    actor: { kind: "system", id: "gw_1" },
    resourceKind: "vault",
    outcome: "ok",
  });
});

test("a row that cannot be written is reported, and the next one is written", async () => {
  const rows: AuditEntry[] = [];
  let isBroken = true;
  const { audit, errors } = setup(async (entries) => {
    if (isBroken) throw new Error("no database");
    rows.push(...entries);
  });
  audit.onEvent({ type: "vault-locked", reason: "idle" });
  await audit.settled();
  isBroken = false;
  audit.onEvent({ type: "vault-unlocked", unlockedBy: "configuration" });
  await audit.settled();
  expect(errors).toHaveLength(1);
  expect(rows.map(({ action }) => action)).toEqual(["vault.unlock"]);
});
