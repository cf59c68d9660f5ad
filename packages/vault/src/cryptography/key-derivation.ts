import { isBearableCost, type DerivationCost } from "./derivation-cost.ts";

/** A cost with the salt it is used with: all that is needed, beside the password, to derive the key again. */
export interface KeyDerivation {
  readonly cost: DerivationCost;
  readonly salt: Buffer;
}

const argon2idPattern = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]{1,128})$/;
const scryptPattern = /^\$scrypt\$ln=(\d{1,9}),r=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]{1,128})$/;

/** The PHC string without a hash, e.g. `$argon2id$v=19$m=65536,t=3,p=4$c2FsdA`. */
export function formatKeyDerivation({ cost, salt }: KeyDerivation): string {
  const saltText = salt.toString("base64").replaceAll("=", "");
  return cost.algorithm === "scrypt"
    ? `$scrypt$ln=${cost.logN},r=${cost.blockSize},p=${cost.lanes}$${saltText}`
    : `$argon2id$v=19$m=${cost.memoryKiB},t=${cost.passes},p=${cost.lanes}$${saltText}`;
}

/** Null unless the text is exactly what `formatKeyDerivation` writes, its salt has 16 to 64 bytes and its cost is bearable. */
export function parseKeyDerivation(text: string): KeyDerivation | null {
  const parsed = readArgon2id(text) ?? readScrypt(text);
  if (parsed === null || parsed.salt.length < 16 || parsed.salt.length > 64) return null;
  return isBearableCost(parsed.cost) && formatKeyDerivation(parsed) === text ? parsed : null;
}

function readArgon2id(text: string): KeyDerivation | null {
  const match = argon2idPattern.exec(text);
  if (match === null) return null;
  const [, memoryKiB, passes, lanes, salt = ""] = match;
  return {
    cost: {
      algorithm: "argon2id",
      passes: Number(passes),
      memoryKiB: Number(memoryKiB),
      lanes: Number(lanes),
    },
    salt: Buffer.from(salt, "base64"),
  };
}

function readScrypt(text: string): KeyDerivation | null {
  const match = scryptPattern.exec(text);
  if (match === null) return null;
  const [, logN, blockSize, lanes, salt = ""] = match;
  return {
    cost: { algorithm: "scrypt", logN: Number(logN), blockSize: Number(blockSize), lanes: Number(lanes) },
    salt: Buffer.from(salt, "base64"),
  };
}
