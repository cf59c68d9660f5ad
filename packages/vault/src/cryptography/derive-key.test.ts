import { argon2Sync } from "node:crypto";
import { expect, test } from "vitest";
import { defaultArgon2idCost } from "./derivation-cost.ts";
import { deriveKey } from "./derive-key.ts";

test("scrypt gives the bytes of RFC 7914, section 12", async () => {
  const cost = { algorithm: "scrypt", logN: 14, blockSize: 8, lanes: 1 } as const;
  const key = await deriveKey("pleaseletmein", { cost, salt: Buffer.from("SodiumChloride") });
  expect(key.toString("hex")).toBe("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
});

test("S1-7: Argon2id runs with three passes over 64 MiB in four lanes, and the event loop goes on meanwhile", async () => {
  const salt = Buffer.alloc(16, 1);
  let turns = 0;
  const counter = setInterval(() => (turns += 1), 1);
  const key = await deriveKey("correct horse", { cost: defaultArgon2idCost, salt });
  clearInterval(counter);
  const expected = argon2Sync("argon2id", {
    message: "correct horse",
    nonce: salt,
    parallelism: 4,
    tagLength: 32,
    memory: 65_536,
    passes: 3,
  });
  expect(key.equals(expected)).toBe(true);
  expect(turns).toBeGreaterThan(0);
});
