import type { VaultEvent } from "@tokenhub/vault";
import type { Insight } from "./open-insight.ts";

/** Tells those who follow the events what happened to the vault at one gateway. Names of entries are no secrets. */
export function tellVaultEvent(
  tell: Insight["tell"],
  { event, gatewayId }: { readonly event: VaultEvent; readonly gatewayId: string },
): void {
  switch (event.type) {
    case "vault-unlocked":
      return tell("vault_unlocked", { gateway_id: gatewayId, reason: event.unlockedBy });
    case "vault-locked":
      // A gateway that stops has nobody left to tell.
      if (event.reason !== "shutdown") tell("vault_locked", { gateway_id: gatewayId, reason: event.reason });
      return undefined;
    case "data-key-replaced":
      return tell("vault_rotated", { gateway_id: gatewayId, reason: "data key replaced" });
    case "entry-written":
      return tell("vault_entry_changed", { gateway_id: gatewayId, entry: event.name, reason: "written" });
    case "entry-deleted":
      return tell("vault_entry_changed", { gateway_id: gatewayId, entry: event.name, reason: "deleted" });
  }
}
