import { ConfigError, type ProductConfig } from "@tokenhub/config";
import { VaultError, type ImportResult, type Vault } from "@tokenhub/vault";

/**
 * Takes the sealed keys of the configuration file into the vault; those that are there already stay as they are. Null
 * when the file has none.
 *
 * @throws ConfigError when the encryption key is missing or does not open them; nothing was imported
 */
export async function importStoredKeys(
  vault: Pick<Vault, "import">,
  { vault: { storedKeys, encryptionKeyEnv }, encryptionKey }: Pick<ProductConfig, "vault" | "encryptionKey">,
): Promise<ImportResult | null> {
  const names = Object.keys(storedKeys);
  if (names.length === 0) return null;
  const setting = encryptionKeyEnv ?? "TOKENHUB_ENCRYPTION_KEY";
  if (encryptionKey === null) {
    throw new ConfigError(
      `The configuration file has vault.stored_keys; set ${setting} to the key they were sealed with.`,
    );
  }
  try {
    return await vault.import({
      source: Object.fromEntries(Object.entries(storedKeys).map(([name, value]) => [name, value.reveal()])),
      credential: { rawKeyHex: encryptionKey.reveal() },
      existing: "keep",
    });
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    throw new ConfigError(`The keys in vault.stored_keys do not open with ${setting}: ${error.message}`, {
      cause: error,
    });
  }
}
