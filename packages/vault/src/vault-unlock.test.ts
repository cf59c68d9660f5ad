import { describe, expect, test } from "vitest";
import { createVault } from "./create-vault.ts";
import { buildOpenVault, buildVault, cheapCost, password, refusalOf } from "./testing/build-vault.ts";
import { createMemoryVaultStore } from "./testing/memory-vault-store.ts";

const byPerson = { by: "person" } as const;
const byConfiguration = { by: "configuration" } as const;

describe("states", () => {
  test("S1-57, S2-46: a vault is made, locked and unlocked with a password, and nothing in it works without", async () => {
    const { vault, events } = buildVault();
    expect(await vault.state()).toBe("uninitialised");
    expect(await refusalOf(vault.get("secret:a"))).toBe("vault_uninitialised");
    expect(await refusalOf(vault.unlock(password, byPerson))).toBe("vault_uninitialised");

    await vault.initialise(password, byPerson);
    expect(await vault.state()).toBe("unlocked");
    await vault.set("provider:openai:api_key", "sk-1");

    expect(vault.lock()).toBe(true);
    expect(vault.lock()).toBe(false);
    expect(await vault.state()).toBe("locked");
    const operations = [
      vault.get("provider:openai:api_key"),
      vault.set("secret:a", "x"),
      vault.delete("provider:openai:api_key"),
      vault.names(),
      vault.export(),
      vault.import({ source: {}, credential: { rawKeyHex: "00".repeat(32) } }),
      vault.rotatePassword({ oldPassword: password, newPassword: "another password" }),
      vault.rotateDataKey(),
      vault.sealLease({ clusterSecret: Buffer.alloc(32), ttlMs: 1 }),
    ];
    for (const operation of operations) expect(await refusalOf(operation)).toBe("vault_locked");

    await vault.unlock(password, byPerson);
    expect(await vault.get("provider:openai:api_key")).toBe("sk-1");
    expect(events.map(({ type }) => type)).toEqual([
      "vault-unlocked",
      "entry-written",
      "vault-locked",
      "vault-unlocked",
    ]);
  });

  test("S0-12, S2-36: a wrong password is refused, and nothing is written or unlocked", async () => {
    const { vault, store } = await buildOpenVault();
    vault.lock();
    const before = store.record;
    for (const wrong of [`${password} `, password.toUpperCase(), "00000000", "x".repeat(5_000)]) {
      expect(await refusalOf(vault.unlock(wrong, byPerson))).toBe("wrong_password");
    }
    expect(store.record).toEqual(before);
    expect(await vault.state()).toBe("locked");
  });

  test("a wrong password does not lock a vault that is unlocked", async () => {
    const { vault } = await buildOpenVault();
    expect(await refusalOf(vault.unlock("wrong password", byPerson))).toBe("wrong_password");
    expect(vault.isUnlocked()).toBe(true);
  });

  test("a password has at least 8 bytes, counted in UTF-8", async () => {
    const { vault } = buildVault();
    expect(await refusalOf(vault.initialise("1234567", byPerson))).toBe("password_too_short");
    expect(await vault.state()).toBe("uninitialised");
    await vault.initialise("üüüü", byPerson);
    vault.lock();
    expect(await refusalOf(vault.unlock("short", byPerson))).toBe("password_too_short");
    await vault.unlock("üüüü", byPerson);
  });

  test("a vault is made only once, also when two gateways start at the same moment", async () => {
    const store = createMemoryVaultStore();
    const gateways = [buildVault({ store }).vault, buildVault({ store }).vault];
    const outcomes = await Promise.all(
      gateways.map((vault) => vault.unlockOrInitialise(password, byConfiguration)),
    );
    expect(outcomes.toSorted()).toEqual(["initialised", "unlocked"]);
    expect(store.writes).toBe(2);
    expect(await refusalOf(gateways[0]?.initialise(password, byPerson) ?? Promise.resolve())).toBe(
      "conflict",
    );
    await gateways[0]?.set("secret:a", "from one");
    expect(await gateways[1]?.get("secret:a")).toBe("from one");
  });
});

describe("lock", () => {
  test("S1d-24: an explicit lock wins over an unlock under way", async () => {
    const { vault } = await buildOpenVault();
    vault.lock();
    const unlocking = vault.unlock(password, byPerson);
    vault.lock();
    expect(await refusalOf(unlocking)).toBe("vault_locked");
    expect(vault.isUnlocked()).toBe(false);
  });

  test("S1d-24: lock and shutdown overwrite every key in memory with zeroes", async () => {
    for (const end of ["lock", "shutdown"] as const) {
      const drawn: Buffer[] = [];
      const random = (sizeBytes: number): Buffer => {
        const bytes = Buffer.alloc(sizeBytes, drawn.length + 1);
        drawn.push(bytes);
        return bytes;
      };
      const { vault } = await buildOpenVault({ random });
      await vault.set("secret:a", "x");
      const dataKey = drawn.find(({ length }) => length === 32);
      expect(dataKey?.some((byte) => byte !== 0)).toBe(true);
      if (end === "lock") vault.lock();
      else vault[Symbol.dispose]();
      expect(dataKey?.every((byte) => byte === 0)).toBe(true);
    }
  });

  test("S1d-24: shutdown stops the idle check, tells why, and nothing is unlocked afterwards", async () => {
    const { vault, events } = await buildOpenVault();
    vault[Symbol.dispose]();
    expect(events.at(-1)).toEqual({ type: "vault-locked", reason: "shutdown" });
    expect(await refusalOf(vault.unlock(password, byPerson))).toBe("vault_locked");
    expect(await vault.state()).toBe("locked");
  });

  test("an operation that waits for the store when the vault is locked is refused and writes nothing", async () => {
    const { vault, store } = await buildOpenVault();
    const pending = [vault.set("secret:a", "x"), vault.names(), vault.rotateDataKey()];
    vault.lock();
    for (const operation of pending) expect(await refusalOf(operation)).toBe("vault_locked");
    expect(store.record?.revision).toBe(1);
  });
});

describe("automatic lock", () => {
  const halfHourMs = 1_800_000;

  test("S1-8: a vault that a person unlocked is locked after 30 minutes without use, checked every minute", async () => {
    let check = (): void => undefined;
    let everyMs = 0;
    let isScheduled = true;
    const { vault, clock, events } = await buildOpenVault({
      scheduleEvery: (nextCheck, nextEveryMs) => {
        check = nextCheck;
        everyMs = nextEveryMs;
        return () => (isScheduled = false);
      },
    });
    expect(everyMs).toBe(60_000);
    clock.nowMs += halfHourMs - 1;
    check();
    expect(vault.isUnlocked()).toBe(true);
    clock.nowMs += 1;
    check();
    expect(events.at(-1)).toEqual({ type: "vault-locked", reason: "idle" });
    expect(vault.isUnlocked()).toBe(false);
    vault[Symbol.dispose]();
    expect(isScheduled).toBe(false);
  });

  test("S1-8: once the time has passed nothing works any more, even when the check has not run yet", async () => {
    const uses = [
      (test: Awaited<ReturnType<typeof buildOpenVault>>) => test.vault.names(),
      (test: Awaited<ReturnType<typeof buildOpenVault>>) => test.vault.set("secret:a", "x"),
      async (test: Awaited<ReturnType<typeof buildOpenVault>>) => {
        test.vault.touch();
        return test.vault.names();
      },
    ];
    for (const use of uses) {
      const fresh = await buildOpenVault();
      fresh.clock.nowMs += halfHourMs;
      expect(await refusalOf(use(fresh))).toBe("vault_locked");
    }
  });

  test("S1-8: every use puts the lock off, reading a lease or sealed entries does not", async () => {
    const { vault, clock } = await buildOpenVault();
    const uses = [
      () => vault.set("secret:a", "x"),
      () => vault.get("secret:a"),
      () => vault.names(),
      () => vault.export(),
      async () => vault.touch(),
    ];
    for (const use of uses) {
      clock.nowMs += halfHourMs - 1;
      await use();
    }
    expect(vault.isUnlocked()).toBe(true);
    clock.nowMs += halfHourMs - 1;
    await vault.sealLease({ clusterSecret: Buffer.alloc(32), ttlMs: 1_000 });
    await vault.sealedEntries();
    clock.nowMs += 1;
    expect(vault.checkIdle()).toBe(true);
    expect(vault.checkIdle()).toBe(false);
  });

  test("S1-8: the time is configurable, and can be switched off", async () => {
    const short = await buildOpenVault({ autoLockMs: 5_000 });
    short.clock.nowMs += 5_000;
    expect(short.vault.checkIdle()).toBe(true);
    const never = await buildOpenVault({ autoLockMs: null });
    never.clock.nowMs += 1_000 * halfHourMs;
    expect(never.vault.checkIdle()).toBe(false);
  });

  test("a vault unlocked by a configured secret does not lock itself, also when a person gives the password too", async () => {
    const { vault, clock } = buildVault();
    await vault.unlockOrInitialise(password, byConfiguration);
    await vault.unlock(password, byPerson);
    clock.nowMs += 100 * halfHourMs;
    expect(vault.checkIdle()).toBe(false);
    expect(vault.isUnlocked()).toBe(true);
    vault.lock();
    await vault.unlock(password, byPerson);
    clock.nowMs += halfHourMs;
    expect(vault.isUnlocked()).toBe(false);
  });
});

describe("lock-out", () => {
  test("after five wrong passwords even the right one has to wait, longer each time, and then counts afresh", async () => {
    const { vault, clock } = await buildOpenVault();
    vault.lock();
    for (let wrong = 0; wrong < 5; wrong += 1) {
      expect(await refusalOf(vault.unlock("wrong password", byPerson))).toBe("wrong_password");
    }
    await expect(vault.unlock(password, byPerson)).rejects.toMatchObject({
      code: "too_many_attempts",
      retryAfterMs: 1_000,
    });
    clock.nowMs += 1_000;
    expect(await refusalOf(vault.unlock("wrong password", byPerson))).toBe("wrong_password");
    await expect(vault.unlock(password, byPerson)).rejects.toMatchObject({ retryAfterMs: 2_000 });
    clock.nowMs += 2_000;
    await vault.unlock(password, byPerson);
    expect(await refusalOf(vault.unlock("wrong password", byPerson))).toBe("wrong_password");
    await vault.unlock(password, byPerson);
  });

  test("wrong old passwords of a rotation count as well", async () => {
    const { vault } = await buildOpenVault();
    const rotate = (): Promise<unknown> =>
      refusalOf(vault.rotatePassword({ oldPassword: "wrong password", newPassword: "another password" }));
    for (let wrong = 0; wrong < 5; wrong += 1) expect(await rotate()).toBe("wrong_password");
    expect(await rotate()).toBe("too_many_attempts");
  });

  test("a flood of simultaneous attempts tries no more passwords than one after the other would", async () => {
    const { vault } = await buildOpenVault();
    vault.lock();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => refusalOf(vault.unlock("wrong password", byPerson))),
    );
    expect(outcomes.filter((outcome) => outcome === "wrong_password")).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === "too_many_attempts")).toHaveLength(45);
  });
});

describe("cost of the password", () => {
  test("S2-73: reading and writing entries never runs the key derivation", async () => {
    const { vault } = await buildOpenVault({
      derivationCost: { algorithm: "argon2id", passes: 3, memoryKiB: 65_536, lanes: 4 },
    });
    const startedAt = performance.now();
    for (let turn = 0; turn < 200; turn += 1) {
      await vault.set("secret:a", `value ${turn}`);
      expect(await vault.get("secret:a")).toBe(`value ${turn}`);
    }
    // One derivation takes some 200 ms; 400 of them would take more than a minute.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test("S1-7, S0-49, S2-34: a new vault derives with Argon2id (3 passes, 64 MiB, 4 lanes) unless told otherwise", async () => {
    const store = createMemoryVaultStore();
    const vault = createVault({ store, now: () => 0 });
    await vault.initialise(password, byPerson);
    const envelope = store.record?.envelopeJson ?? "";
    expect(envelope).toContain("$argon2id$v=19$m=65536,t=3,p=4$");
    vault.lock();
    await vault.unlock(password, byPerson);
  });

  test("scrypt is accepted as the derivation", async () => {
    const { vault, store } = await buildOpenVault({
      derivationCost: { algorithm: "scrypt", logN: 4, blockSize: 8, lanes: 1 },
    });
    expect(store.record?.envelopeJson).toContain("$scrypt$ln=4,r=8,p=1$");
    vault.lock();
    await vault.unlock(password, byPerson);
  });

  test("a cost that protects nothing, or takes all memory, is refused unless a test asks for it", () => {
    const options = { store: createMemoryVaultStore(), now: () => 0 };
    expect(() => createVault({ ...options, derivationCost: cheapCost })).toThrow(RangeError);
    const huge = { ...cheapCost, memoryKiB: 10_000_000 };
    expect(() => createVault({ ...options, derivationCost: huge, allowWeakDerivation: true })).toThrow(
      RangeError,
    );
  });
});
