/** How much work it takes to turn a password into a key. */
export type DerivationCost =
  | {
      readonly algorithm: "argon2id";
      readonly passes: number;
      readonly memoryKiB: number;
      readonly lanes: number;
    }
  | {
      readonly algorithm: "scrypt";
      /** Base-2 logarithm of N. */
      readonly logN: number;
      readonly blockSize: number;
      readonly lanes: number;
    };

/** Cost of new vaults: 64 MiB, three passes, four lanes. */
export const defaultArgon2idCost = {
  algorithm: "argon2id",
  passes: 3,
  memoryKiB: 65_536,
  lanes: 4,
} as const satisfies DerivationCost;

/** The alternative: N = 2^17, 128 MiB. */
export const defaultScryptCost = {
  algorithm: "scrypt",
  logN: 17,
  blockSize: 8,
  lanes: 1,
} as const satisfies DerivationCost;

const mostMemoryKiB = 262_144;

/**
 * Whether a cost may be worked off at all. A stored record may have been tampered with, so what it asks for is bounded:
 *
 * |          | memory  | passes | lanes |
 * |----------|---------|--------|-------|
 * | argon2id | 256 MiB | 10     | 16    |
 * | scrypt   | 256 MiB | -      | 4     |
 */
export function isBearableCost(cost: DerivationCost): boolean {
  if (cost.algorithm === "scrypt") {
    return (
      isWithin(cost.logN, 1, 20) &&
      isWithin(cost.blockSize, 1, 32) &&
      isWithin(cost.lanes, 1, 4) &&
      memoryKiBOf(cost) <= mostMemoryKiB
    );
  }
  return (
    isWithin(cost.passes, 1, 10) &&
    isWithin(cost.lanes, 1, 16) &&
    isWithin(cost.memoryKiB, 8 * cost.lanes, mostMemoryKiB)
  );
}

/** Whether a cost is enough for a vault that holds real keys: the least that OWASP recommends, or more. */
export function isStrongCost(cost: DerivationCost): boolean {
  return cost.algorithm === "scrypt"
    ? cost.logN >= 16 && cost.blockSize >= 8
    : cost.passes >= 2 && cost.memoryKiB >= 19_456;
}

/** Memory one derivation takes. */
export function memoryKiBOf(cost: DerivationCost): number {
  return cost.algorithm === "scrypt" ? (128 * 2 ** cost.logN * cost.blockSize) / 1024 : cost.memoryKiB;
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
