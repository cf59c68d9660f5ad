import type { Logger } from "@tokenhub/telemetry";
import type { VaultEvent } from "@tokenhub/vault";

/** Tells the log what happened to the vault; names of entries are no secrets, values never come here. */
export function logVaultEvent(logger: Logger, event: VaultEvent): void {
  switch (event.type) {
    case "vault-unlocked":
      return logger.info({ unlockedBy: event.unlockedBy }, "the vault is unlocked");
    case "vault-locked":
      return logger.info({ reason: event.reason }, "the vault is locked");
    case "data-key-replaced":
      return logger.info({ dataKeyId: event.dataKeyId }, "the vault has another data key");
    case "entry-written":
      return logger.info({ entry: event.name, version: event.version }, "a vault entry was written");
    case "entry-deleted":
      return logger.info({ entry: event.name }, "a vault entry was deleted");
  }
}
