import type { ProductConfig } from "@tokenhub/config";

/** A secret of the operator that opens the vault at start, and where it was set. */
export interface ConfiguredSecret {
  readonly setting: string;
  readonly password: string;
}

/**
 * The operator's secrets for the vault, in the order in which they count: the first is the vault's password, and the one
 * a new vault is made with; the others are tried so that a change of settings locks nobody out.
 */
export function configuredSecrets({
  vault,
  admin,
  encryptionKey,
}: Pick<ProductConfig, "vault" | "admin" | "encryptionKey">): readonly ConfiguredSecret[] {
  const secrets = [
    { setting: "TOKENHUB_VAULT_PASSWORD", secret: vault.password },
    { setting: "TOKENHUB_ADMIN_PASSWORD", secret: admin.password },
    { setting: vault.encryptionKeyEnv ?? "TOKENHUB_ENCRYPTION_KEY", secret: encryptionKey },
  ];
  return secrets.flatMap(({ setting, secret }) =>
    secret === null ? [] : [{ setting, password: secret.reveal() }],
  );
}
