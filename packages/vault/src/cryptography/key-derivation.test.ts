import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  defaultArgon2idCost,
  defaultScryptCost,
  isBearableCost,
  isStrongCost,
  memoryKiBOf,
} from "./derivation-cost.ts";
import { formatKeyDerivation, parseKeyDerivation } from "./key-derivation.ts";

const salt = Buffer.alloc(16, 7);
const saltText = salt.toString("base64").replaceAll("=", "");

test("S1-7, S1d-23: the parameters of both derivations are written and read back with their salt", () => {
  for (const cost of [defaultArgon2idCost, defaultScryptCost]) {
    expect(parseKeyDerivation(formatKeyDerivation({ cost, salt }))).toEqual({ cost, salt });
  }
  expect(formatKeyDerivation({ cost: defaultArgon2idCost, salt })).toBe(
    `$argon2id$v=19$m=65536,t=3,p=4$${saltText}`,
  );
});

test.each([
  `$argon2id$v=19$m=4194304,t=3,p=4$${saltText}`,
  `$argon2id$v=19$m=65536,t=1000,p=4$${saltText}`,
  `$argon2id$v=19$m=65536,t=3,p=100$${saltText}`,
  `$argon2id$v=19$m=8,t=3,p=4$${saltText}`,
  `$argon2id$v=19$m=65536,t=0,p=4$${saltText}`,
  `$argon2id$v=19$m=065536,t=3,p=4$${saltText}`,
  `$argon2id$v=16$m=65536,t=3,p=4$${saltText}`,
  `$argon2d$v=19$m=65536,t=3,p=4$${saltText}`,
  `$argon2id$v=19$m=65536,t=3,p=4$${saltText.slice(0, 10)}`,
  `$argon2id$v=19$m=65536,t=3,p=4$${saltText}=`,
  `$argon2id$v=19$m=65536,t=3,p=4$${saltText}$aGFzaA`,
  `$scrypt$ln=30,r=8,p=1$${saltText}`,
  `$scrypt$ln=20,r=32,p=1$${saltText}`,
  `$scrypt$ln=0,r=8,p=1$${saltText}`,
  `$pbkdf2-sha256$i=100000$${saltText}`,
  "",
])("a stored derivation that was damaged or asks for too much is refused: %s", (text) => {
  expect(parseKeyDerivation(text)).toBeNull();
});

test("whatever a stored derivation says, it never takes more than 256 MiB", () => {
  const numbers = fc.integer({ min: 0, max: 2_000_000 });
  fc.assert(
    fc.property(numbers, numbers, numbers, fc.boolean(), (first, second, third, isScrypt) => {
      const text = isScrypt
        ? `$scrypt$ln=${first % 40},r=${second % 64},p=${third % 8}$${saltText}`
        : `$argon2id$v=19$m=${first},t=${second % 20},p=${third % 32}$${saltText}`;
      const parsed = parseKeyDerivation(text);
      if (parsed !== null) expect(memoryKiBOf(parsed.cost)).toBeLessThanOrEqual(262_144);
    }),
  );
});

test("the costs of new vaults are strong and bearable, a token cost is not strong", () => {
  for (const cost of [defaultArgon2idCost, defaultScryptCost]) {
    expect([isStrongCost(cost), isBearableCost(cost)]).toEqual([true, true]);
  }
  expect(isStrongCost({ algorithm: "argon2id", passes: 1, memoryKiB: 8, lanes: 1 })).toBe(false);
  expect(isStrongCost({ algorithm: "scrypt", logN: 4, blockSize: 8, lanes: 1 })).toBe(false);
});
