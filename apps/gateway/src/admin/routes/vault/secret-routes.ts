import { createVaultRepository, transaction } from "@tokenhub/persistence";
import { secretName } from "@tokenhub/vault";
import { z } from "zod";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { vaultCall } from "./vault-call.ts";
import type { VaultRouteDeps } from "./vault-route-deps.ts";

type SecretDeps = Pick<VaultRouteDeps, "vault" | "db" | "now">;

const tag = "vault";
const resourceKind = "secret";
const secretPrefix = secretName("");
const providerKeyPattern = /^provider:(.+):api_key$/s;
const valueSchema = z.object({ value: z.string().min(1, "must not be empty") });

/** Secrets of the operator's own. Keys of providers lie in a space of their own, which these paths do not reach. */
export function secretRoutes(deps: SecretDeps): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/vault/secrets",
      summary: "Lists the names of secrets, and the providers whose key is in the vault; never a value.",
      tag,
      role: "admin",
      action: null,
      handle: () => listNames(deps),
    }),
    adminRoute({
      method: "get",
      path: "/vault/secrets/*key",
      summary: "Shows a secret. Each time is in the audit log.",
      tag,
      role: "admin",
      action: "secret.read",
      handle: async ({ params, audit }) => {
        const key = params["key"] ?? "";
        const value = await vaultCall(() => deps.vault.vault.get(secretName(key)));
        await audit.record({ resourceKind, resourceId: key });
        return reply({ key, value });
      },
    }),
    adminRoute<z.infer<typeof valueSchema>>({
      method: "put",
      path: "/vault/secrets/*key",
      summary: "Seals a secret under a name, in place of the one it may have.",
      tag,
      role: "admin",
      bodySchema: valueSchema,
      action: "secret.write",
      handle: (call) => writeSecret(deps, call),
    }),
    adminRoute({
      method: "delete",
      path: "/vault/secrets/*key",
      summary: "Deletes a secret.",
      tag,
      role: "admin",
      action: "secret.delete",
      handle: (call) => deleteSecret(deps, call),
    }),
  ];
}

async function listNames({ vault }: SecretDeps): Promise<AdminReply> {
  const names = await vaultCall(() => vault.vault.names());
  return reply({
    secrets: names
      .filter((name) => name.startsWith(secretPrefix))
      .map((name) => name.slice(secretPrefix.length)),
    provider_keys: names.flatMap((name) => providerKeyPattern.exec(name)?.[1] ?? []),
  });
}

/** The value and its audit row are written in one transaction. */
async function writeSecret(
  { vault, db, now }: SecretDeps,
  { body, params, audit }: AdminCall<z.infer<typeof valueSchema>>,
): Promise<AdminReply> {
  const key = params["key"] ?? "";
  await vaultCall(() =>
    vault.vault.set(secretName(key), body.value, {
      store: {
        putEntry: (revision, entry) =>
          transaction(db, async (begun) => {
            const isDone = await createVaultRepository(begun, { now }).putEntry(revision, entry);
            if (isDone) await audit.record({ resourceKind, resourceId: key }, begun);
            return isDone;
          }),
      },
    }),
  );
  return reply({ ok: true, key });
}

async function deleteSecret(
  { vault, db, now }: SecretDeps,
  { params, audit }: AdminCall,
): Promise<AdminReply> {
  const key = params["key"] ?? "";
  await vaultCall(() =>
    vault.vault.delete(secretName(key), {
      store: {
        deleteEntry: (revision, name) =>
          transaction(db, async (begun) => {
            const isDone = await createVaultRepository(begun, { now }).deleteEntry(revision, name);
            if (isDone) await audit.record({ resourceKind, resourceId: key }, begun);
            return isDone;
          }),
      },
    }),
  );
  return reply({ ok: true, key });
}
