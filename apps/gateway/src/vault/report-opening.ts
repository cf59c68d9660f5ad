import type { Logger } from "@tokenhub/telemetry";
import type { VaultOpening } from "./open-vault.ts";

/** Tells the operator what a start without a person has led to, and what to do when it is not what was meant. */
export function reportOpening(logger: Logger, opening: VaultOpening): void {
  switch (opening.kind) {
    case "unlocked":
      if (!opening.isOutdated) return;
      return logger.warn(
        { openedBy: opening.by },
        "the vault does not have the configured password yet; change it with POST /admin/v1/vault/rotate",
      );
    case "no-secret":
      return logger.warn(
        "the vault is locked and no secret for it is configured; unlock it with POST /admin/v1/vault/unlock, or set TOKENHUB_ADMIN_PASSWORD",
      );
    case "foreign":
      return logger.warn(
        "the vault was made under a password that is not known here; give every gateway the same TOKENHUB_VAULT_PASSWORD, or unlock it with POST /admin/v1/vault/unlock",
      );
  }
}
