import { z } from "zod";
import { basename } from "node:path";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { vaultCall } from "./vault-call.ts";
import type { VaultRouteDeps } from "./vault-route-deps.ts";

const tag = "vault";
/** Longer passwords help nobody and cost time. */
const passwordField = z.string().min(1).max(1_024);
const unlockSchema = z.object({ admin_password: passwordField });
const rotateSchema = z.object({ old_password: passwordField, new_password: passwordField });

/** State, unlocking, locking and re-keying. */
export function unlockRoutes(deps: Pick<VaultRouteDeps, "vault" | "version">): AdminRoute[] {
  const { vault } = deps;
  return [
    adminRoute({
      method: "get",
      path: "/info",
      summary: "What this is, and whether its vault is locked.",
      tag,
      role: "viewer",
      action: null,
      handle: () => info(deps),
    }),
    adminRoute<z.infer<typeof unlockSchema>>({
      method: "post",
      path: "/vault/unlock",
      summary: "Unlocks the vault, or makes it when there is none yet.",
      tag,
      role: "admin",
      bodySchema: unlockSchema,
      action: "vault.unlock",
      handle: async ({ body, audit }) => {
        const outcome = await vaultCall(() => vault.unlock(body.admin_password));
        await audit.record({ resourceKind: tag, resourceId: null, detail: { outcome } });
        return reply({ ok: true, initialized: outcome === "initialised" });
      },
    }),
    adminRoute({
      method: "post",
      path: "/vault/lock",
      summary: "Locks the vault at every gateway; workers forget its keys at once.",
      tag,
      role: "admin",
      action: "vault.lock",
      handle: async () =>
        reply((await vaultCall(() => vault.lock())) ? { ok: true } : { ok: true, already_locked: true }),
    }),
    adminRoute<z.infer<typeof rotateSchema>>({
      method: "post",
      path: "/vault/rotate",
      summary: "Changes the vault's password. The secrets in it stay as they are.",
      tag,
      role: "admin",
      bodySchema: rotateSchema,
      action: "vault.rotate_password",
      handle: (call) => rotatePassword(deps, call),
    }),
    adminRoute({
      method: "post",
      path: "/vault/rotate-data-key",
      summary: "Seals every secret anew under a new data key. The password stays as it is.",
      tag,
      role: "admin",
      action: "vault.rotate_data_key",
      handle: async () => {
        await vaultCall(() => vault.vault.rotateDataKey());
        await vault.settled();
        return reply({ ok: true });
      },
    }),
  ];
}

async function info({ vault, version }: Pick<VaultRouteDeps, "vault" | "version">): Promise<AdminReply> {
  const { isEnabled, isLocked, isInitialised } = await vault.status();
  return reply({
    tokenhub: "admin",
    version,
    vault_enabled: isEnabled,
    vault_locked: isLocked,
    vault_initialized: isInitialised,
  });
}

async function rotatePassword(
  { vault }: Pick<VaultRouteDeps, "vault">,
  { body }: Pick<AdminCall<z.infer<typeof rotateSchema>>, "body">,
): Promise<AdminReply> {
  const { keptIn, outdatedSetting } = await vaultCall(() =>
    vault.rotatePassword({ oldPassword: body.old_password, newPassword: body.new_password }),
  );
  return reply({
    ok: true,
    ...(keptIn === null ? {} : { kept_in: basename(keptIn) }),
    ...(outdatedSetting === null
      ? {}
      : {
          outdated_setting: outdatedSetting,
          warning: `Set ${outdatedSetting} to the new password before the next start; the old one does not open the vault any more.`,
        }),
  });
}
