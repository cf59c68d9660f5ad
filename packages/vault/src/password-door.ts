import { noAttempts, recordFailure, waitBeforeAttemptMs } from "./attempt-gate.ts";
import { openDataKey, type DataKey } from "./cryptography/data-key.ts";
import { formatKeyDerivation } from "./cryptography/key-derivation.ts";
import type { DerivationCost } from "./cryptography/derivation-cost.ts";
import { derivePasswordKeys, matchesEnvelope, type PasswordKeys } from "./cryptography/password-keys.ts";
import type { RandomBytes } from "./cryptography/random-bytes.ts";
import type { VaultEnvelope } from "./cryptography/vault-envelope.ts";
import { createJobLine } from "./job-line.ts";
import { VaultError } from "./vault-error.ts";

const fewestPasswordBytes = 8;
/** Derivations that may wait beside the one that runs; each takes 64 MiB and some 200 ms only while it runs. */
const mostWaitingDerivations = 8;

export interface OpenedEnvelope {
  readonly keys: PasswordKeys;
  readonly dataKey: DataKey;
}

/** The only way from a password to keys: one derivation at a time, and a growing delay after wrong passwords. */
export interface PasswordDoor {
  /**
   * Opens the vault's own envelope.
   *
   * @throws VaultError `password_too_short`, `too_many_attempts`, `wrong_password` or `tampered`
   */
  open(envelope: VaultEnvelope, password: string): Promise<OpenedEnvelope>;
  /** Keys of a new password, under a new salt. */
  create(password: string): Promise<PasswordKeys>;
  /** Runs a derivation for foreign data in the same line; wrong passwords there do not count. */
  derive<Result>(job: () => Promise<Result>): Promise<Result>;
}

export function createPasswordDoor({
  cost,
  now,
  random,
}: {
  readonly cost: DerivationCost;
  readonly now: () => number;
  readonly random: RandomBytes;
}): PasswordDoor {
  const line = createJobLine(mostWaitingDerivations);
  let attempts = noAttempts;

  const assertHeard = (): void => {
    const retryAfterMs = waitBeforeAttemptMs(attempts, now());
    if (retryAfterMs === 0) return;
    const seconds = Math.ceil(retryAfterMs / 1000);
    throw new VaultError("too_many_attempts", `Too many wrong passwords; try again in ${seconds} s.`, {
      retryAfterMs,
    });
  };

  return {
    async open(envelope, password) {
      assertLongEnough(password);
      assertHeard();
      return line.run(async () => {
        // Once more: those that waited in line ahead may have been wrong.
        assertHeard();
        const keys = await derivePasswordKeys(password, envelope.derivation);
        if (!matchesEnvelope(keys, envelope)) {
          keys[Symbol.dispose]();
          attempts = recordFailure(attempts, now());
          throw new VaultError("wrong_password", "The password does not open this vault.");
        }
        attempts = noAttempts;
        try {
          return { keys, dataKey: openDataKey(envelope, keys) };
        } catch (error) {
          keys[Symbol.dispose]();
          throw error;
        }
      });
    },
    async create(password) {
      assertLongEnough(password);
      const derivation = formatKeyDerivation({ cost, salt: random(16) });
      return line.run(() => derivePasswordKeys(password, derivation));
    },
    derive: (job) => line.run(job),
  };
}

function assertLongEnough(password: string): void {
  if (Buffer.byteLength(password, "utf8") >= fewestPasswordBytes) return;
  throw new VaultError("password_too_short", `A vault password has at least ${fewestPasswordBytes} bytes.`);
}
