import type { RandomBytes } from "./cryptography/random-bytes.ts";
import type { KeyCustody } from "./key-custody.ts";
import type { PasswordDoor } from "./password-door.ts";
import type { VaultEvent } from "./vault.ts";
import type { VaultSession } from "./vault-session.ts";
import type { VaultStore } from "./vault-store.ts";

/** What the operations of one vault share. */
export interface VaultParts {
  readonly store: VaultStore;
  readonly now: () => number;
  readonly random: RandomBytes;
  readonly emit: (event: VaultEvent) => void;
  readonly custody: KeyCustody;
  readonly door: PasswordDoor;
  readonly session: VaultSession;
}
