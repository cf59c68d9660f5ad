import type { AuditRepository } from "@tokenhub/persistence";
import type { VaultEvent } from "@tokenhub/vault";

/** Writes down what happens to the vault without a person; what administrators do is in the audit log by their calls. */
export interface VaultAudit {
  readonly onEvent: (event: VaultEvent) => void;
  /** Resolves when everything told so far is in the database, or could not be written. */
  settled(): Promise<void>;
}

export interface VaultAuditOptions {
  readonly audit: Pick<AuditRepository, "append">;
  readonly gatewayId: string;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** The actor of its rows is `system`, by the id of the gateway. */
export function createVaultAudit({ audit, gatewayId, now, onError }: VaultAuditOptions): VaultAudit {
  let written: Promise<void> = Promise.resolve();
  return {
    onEvent(event) {
      const deed = deedOf(event);
      if (deed === null) return;
      const { action, reason } = deed;
      const entry = {
        timestampMs: now(),
        actor: { kind: "system", id: gatewayId, name: "system", role: null, ip: null },
        action,
        resourceKind: "vault",
        resourceId: null,
        outcome: "ok",
        detail: { reason },
        requestId: null,
      } as const;
      // One after the other, so that the log has them in their order.
      written = written.then(() => audit.append([entry])).catch(onError);
    },
    settled: () => written,
  };
}

interface Deed {
  readonly action: "vault.unlock" | "vault.lock";
  readonly reason: string;
}

/** Null: a person did it, or the gateway stops, which changes nothing for the next start. */
function deedOf(event: VaultEvent): Deed | null {
  if (event.type === "vault-unlocked" && event.unlockedBy === "configuration")
    return { action: "vault.unlock", reason: "configuration" };
  if (event.type === "vault-locked" && (event.reason === "idle" || event.reason === "superseded"))
    return { action: "vault.lock", reason: event.reason };
  return null;
}
