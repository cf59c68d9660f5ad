import * as fc from "fast-check";
import { expect, test } from "vitest";
import { buildVault, refusalOf } from "./testing/build-vault.ts";
import {
  CrashError,
  createMemoryVaultStore,
  type Crash,
  type MemoryVaultStore,
} from "./testing/memory-vault-store.ts";
import { exportGenerationB } from "./testing/older-vaults.ts";
import { VaultError } from "./vault-error.ts";
import type { VaultStore } from "./vault-store.ts";
import type { Vault } from "./vault.ts";

/** What a vault is: the one password that opens it, and its values. */
interface Content {
  readonly password: string;
  readonly values: Readonly<Record<string, string>>;
}

type Operation =
  | { readonly kind: "set"; readonly name: string; readonly value: string }
  | { readonly kind: "delete"; readonly name: string }
  | { readonly kind: "rotate-password"; readonly next: string }
  | { readonly kind: "rotate-data-key" | "lock" | "unlock" | "import" | "read" };

const passwords = ["password 0", "password 1", "password 2"] as const;
const names = ["secret:a", "secret:b", "secret:c"] as const;
const rawKeyHex = "ab".repeat(32);
const importedValues = { "secret:a": "imported a", "secret:i": "imported i" };
const importSource = exportGenerationB(importedValues, rawKeyHex);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant("set" as const),
    name: fc.constantFrom(...names),
    value: fc.string({ minLength: 1, maxLength: 8 }).filter((value) => value.isWellFormed()),
  }),
  fc.record({ kind: fc.constant("delete" as const), name: fc.constantFrom(...names) }),
  fc.record({ kind: fc.constant("rotate-password" as const), next: fc.constantFrom(...passwords) }),
  fc.record({
    kind: fc.constantFrom(
      "rotate-data-key" as const,
      "lock" as const,
      "unlock" as const,
      "import" as const,
      "read" as const,
    ),
  }),
);
const step = fc.record({
  gateway: fc.constantFrom(0 as const, 1 as const),
  operation,
  crash: fc.option(fc.constantFrom<Crash>("before-write", "after-write"), { nil: null, freq: 2 }),
});

function after(content: Content, { kind, ...details }: Operation): Content {
  const { password, values } = content;
  if ("next" in details) return { password: details.next, values };
  if (kind === "import") return { password, values: { ...values, ...importedValues } };
  if ("value" in details) return { password, values: { ...values, [details.name]: details.value } };
  if ("name" in details) {
    const { [details.name]: _deleted, ...rest } = values;
    return { password, values: rest };
  }
  return content;
}

async function run(
  vault: Vault,
  { operation: next, content }: { operation: Operation; content: Content },
): Promise<void> {
  switch (next.kind) {
    case "set":
      return vault.set(next.name, next.value);
    case "delete":
      return vault.delete(next.name);
    case "rotate-password":
      return vault.rotatePassword({ oldPassword: content.password, newPassword: next.next });
    case "rotate-data-key":
      return vault.rotateDataKey();
    case "lock":
      vault.lock();
      return;
    case "unlock":
      return vault.unlock(content.password, { by: "person" });
    case "import":
      await vault.import({ source: importSource, credential: { rawKeyHex } });
      return;
    case "read":
      expect(await valuesOf(vault)).toEqual(content.values);
  }
}

async function valuesOf(vault: Vault): Promise<Record<string, string>> {
  const entries = (await vault.names()).map(async (name) => [name, await vault.get(name)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** What a fresh process finds. Exactly one password must open the vault, and every entry must be readable with it. */
async function inspectStore(store: MemoryVaultStore): Promise<Content> {
  const opened: Content[] = [];
  for (const password of passwords) {
    const { vault } = buildVault({ store });
    const refusal = await refusalOf(vault.unlock(password, { by: "person" }));
    if (refusal === undefined) opened.push({ password, values: await valuesOf(vault) });
    else expect(refusal).toBe("wrong_password");
  }
  expect(opened).toHaveLength(1);
  const [content] = opened;
  if (content === undefined) throw new Error("No password opens the vault.");
  return content;
}

test("S3-6: after any operations of two gateways, with crashes before and after a write, exactly one password opens the vault and every entry is readable", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const store = createMemoryVaultStore();
      const clock = { nowMs: 0 };
      const gateways = [buildVault({ store, clock }).vault, buildVault({ store, clock }).vault] as const;
      let content: Content = { password: passwords[0], values: {} };
      await gateways[0].initialise(content.password, { by: "person" });
      await gateways[1].unlock(content.password, { by: "person" });

      for (const { gateway, operation: next, crash } of steps) {
        const done = after(content, next);
        let possible: readonly Content[] = [done];
        if (crash !== null) store.crashNext(crash);
        try {
          await run(gateways[gateway], { operation: next, content });
        } catch (error) {
          if (error instanceof CrashError) possible = crash === "after-write" ? [done] : [content];
          else if (error instanceof VaultError) {
            expect(["vault_locked", "secret_not_found"]).toContain(error.code);
            possible = [content];
          } else throw error;
        }
        // The crash belongs to this step; one that wrote nothing must not leave it to the next.
        await store.deleteEntry(-1, "").catch(() => false);
        const found = await inspectStore(store);
        expect(possible).toContainEqual(found);
        content = found;
      }
    }),
    { numRuns: 150 },
  );
}, 30_000);

test("two gateways that make the vault, one of which dies before or after its write, leave one vault that opens", async () => {
  for (const crash of ["before-write", "after-write"] as const) {
    const store = createMemoryVaultStore();
    const [one, two] = [buildVault({ store }).vault, buildVault({ store }).vault];
    store.crashNext(crash);
    await Promise.allSettled([
      one.unlockOrInitialise(passwords[0], { by: "configuration" }),
      two.unlockOrInitialise(passwords[0], { by: "configuration" }),
    ]);
    await one.unlockOrInitialise(passwords[0], { by: "configuration" });
    expect(await inspectStore(store)).toEqual({ password: passwords[0], values: {} });
  }
});

test("whatever the order in which the store answers two gateways, no acknowledged write is lost and every entry is readable", async () => {
  const change = fc.record({
    gateway: fc.constantFrom(0 as const, 1 as const),
    name: fc.option(fc.constantFrom("secret:a", "secret:b"), { nil: null }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(change, { minLength: 2, maxLength: 8 }),
      async (scheduler, changes) => {
        const store = createMemoryVaultStore();
        const delayed = Object.assign(createMemoryVaultStore(), {
          load: scheduler.scheduleFunction(() => store.load()),
          replace: scheduler.scheduleFunction((...args: Parameters<VaultStore["replace"]>) =>
            store.replace(...args),
          ),
          putEntry: scheduler.scheduleFunction((...args: Parameters<VaultStore["putEntry"]>) =>
            store.putEntry(...args),
          ),
        });
        await buildVault({ store }).vault.initialise(passwords[0], { by: "person" });
        const gateways = [
          buildVault({ store: delayed }).vault,
          buildVault({ store: delayed }).vault,
        ] as const;
        await scheduler.waitFor(
          Promise.all(gateways.map((vault) => vault.unlock(passwords[0], { by: "person" }))),
        );
        const written = new Map<string, Set<string>>();
        const outcomes = await scheduler.waitFor(
          Promise.allSettled(
            changes.map(({ gateway, name }, number) => {
              if (name === null) return gateways[gateway].rotateDataKey();
              written.set(name, new Set([...(written.get(name) ?? []), `value ${number}`]));
              return gateways[gateway].set(name, `value ${number}`);
            }),
          ),
        );
        expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
        const { values } = await inspectStore(store);
        expect(Object.keys(values).toSorted()).toEqual([...written.keys()].toSorted());
        for (const [name, value] of Object.entries(values)) expect(written.get(name)).toContain(value);
      },
    ),
    { numRuns: 60 },
  );
}, 30_000);
