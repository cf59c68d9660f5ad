import type { Logger } from "@tokenhub/telemetry";
import type { UnlockedBy, VaultEvent } from "@tokenhub/vault";
import type { KeyPublisher, OwnNotice } from "./key-publisher.ts";
import { logVaultEvent } from "./log-vault-event.ts";

/** Passes on what happens to the vault: to the log, to Redis, to workers and other gateways. */
export interface VaultEventRelay {
  readonly onEvent: (event: VaultEvent) => void;
  readonly unlockedBy: UnlockedBy;
  /** Until then events reach the log only. */
  connect(publisher: Pick<KeyPublisher, "publish" | "endLease">): void;
  /** Runs a lock that an administrator asked for here; the other gateways are told apart, when the lock is on record. */
  lockingHere<Result>(lock: () => Result): Result;
}

export interface VaultEventRelayOptions {
  readonly logger: Logger;
  /** The vault was changed elsewhere so that what this gateway holds does not open it any more. */
  readonly onSuperseded: () => void;
}

export function createVaultEventRelay({ logger, onSuperseded }: VaultEventRelayOptions): VaultEventRelay {
  let unlockedBy: UnlockedBy = "configuration";
  let publisher: Pick<KeyPublisher, "publish" | "endLease"> | null = null;
  let lockNotice: OwnNotice = { kind: "lease-ended" };

  function onLocked(reason: Extract<VaultEvent, { type: "vault-locked" }>["reason"]): void {
    // A start with the same secret follows, or another gateway goes on: the rest of the lease bridges that.
    if (reason === "shutdown" && unlockedBy === "configuration") return;
    publisher?.endLease(reason === "request" ? "any" : "own", lockNotice);
    if (reason === "superseded") onSuperseded();
  }

  return {
    onEvent(event) {
      logVaultEvent(logger, event);
      switch (event.type) {
        case "vault-unlocked":
          unlockedBy = event.unlockedBy;
          return publisher?.publish({ kind: "unlocked" });
        case "data-key-replaced":
          return publisher?.publish({ kind: "keys-replaced" });
        case "entry-written":
        case "entry-deleted":
          return publisher?.publish({ kind: "entry-changed", name: event.name });
        case "vault-locked":
          return onLocked(event.reason);
      }
    },
    get unlockedBy() {
      return unlockedBy;
    },
    connect(next) {
      publisher = next;
    },
    lockingHere(lock) {
      lockNotice = { kind: "keys-replaced" };
      try {
        return lock();
      } finally {
        lockNotice = { kind: "lease-ended" };
      }
    },
  };
}
