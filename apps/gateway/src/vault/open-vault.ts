import { ConfigError } from "@tokenhub/config";
import { VaultError, type Vault } from "@tokenhub/vault";
import type { ConfiguredSecret } from "./configured-secrets.ts";
import type { OwnPassword } from "./own-password.ts";

export interface OpenVaultOptions {
  readonly vault: Pick<Vault, "state" | "unlock" | "unlockOrInitialise" | "rotatePassword" | "names">;
  readonly secrets: readonly ConfiguredSecret[];
  readonly own: OwnPassword;
  /** Whether an installation without a secret makes its own. */
  readonly makesOwnPassword: boolean;
}

/**
 * How the vault was opened without a person: `unlocked` by the setting (or file) named; `no-secret`: none is known here;
 * `foreign`: the vault was made under another password, perhaps by another gateway, and nobody configured one here.
 */
export type VaultOpening =
  | { readonly kind: "unlocked"; readonly by: string; readonly isOutdated: boolean }
  | { readonly kind: "no-secret" | "foreign" };

const byConfiguration = { by: "configuration" } as const;

/**
 * Opens the vault with the operator's secrets in their order, then with the installation's own password; makes it when
 * there is none. An empty vault that the own password opens takes over the operator's password.
 *
 * @throws ConfigError when the operator's secrets do not fit; nothing was written
 */
export async function openVault(options: OpenVaultOptions): Promise<VaultOpening> {
  const { vault, secrets, own, makesOwnPassword } = options;
  try {
    if ((await vault.state()) === "uninitialised") {
      const first = secrets[0] ?? (makesOwnPassword ? ownSecret(own, own.readOrCreate()) : null);
      if (first === null) return { kind: "no-secret" };
      if (await initialise(options, first)) return unlockedBy(first, secrets);
    }
    return await openExisting(options);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    const settings = secrets.map(({ setting }) => setting).join(", ") || own.path;
    throw new ConfigError(
      `The vault cannot be opened with ${settings}: ${error.message} Correct it, or set TOKENHUB_VAULT_ENABLED=false to start without the vault.`,
      { cause: error },
    );
  }
}

/** False when another gateway was first, under another password. */
async function initialise({ vault }: OpenVaultOptions, { password }: ConfiguredSecret): Promise<boolean> {
  try {
    await vault.unlockOrInitialise(password, byConfiguration);
    return true;
  } catch (error) {
    if (isWrongPassword(error)) return false;
    throw error;
  }
}

async function openExisting({ vault, secrets, own }: OpenVaultOptions): Promise<VaultOpening> {
  const candidates = [...secrets, ...own.candidates().map((password) => ownSecret(own, password))];
  for (const candidate of candidates) {
    if (!(await opens(vault, candidate))) continue;
    if (candidate.setting !== own.path) return unlockedBy(candidate, secrets);
    own.settle(candidate.password);
    return unlockedBy(await takeOver({ vault, secrets, own, candidate }), secrets);
  }
  if (secrets.length > 0) throw new VaultError("wrong_password", "It was made under another password.");
  return { kind: candidates.length === 0 ? "no-secret" : "foreign" };
}

async function opens(vault: Pick<Vault, "unlock">, { password }: ConfiguredSecret): Promise<boolean> {
  try {
    await vault.unlock(password, byConfiguration);
    return true;
  } catch (error) {
    // A password that is too short cannot be the one.
    if (isWrongPassword(error) || (error instanceof VaultError && error.code === "password_too_short"))
      return false;
    throw error;
  }
}

/** A mistyped password can cost an empty vault nothing; with keys in it, changing the password is for the operator to do. */
async function takeOver({
  vault,
  secrets,
  own,
  candidate,
}: Pick<OpenVaultOptions, "vault" | "secrets" | "own"> & {
  readonly candidate: ConfiguredSecret;
}): Promise<ConfiguredSecret> {
  const wanted = secrets[0];
  if (wanted === undefined || (await vault.names()).length > 0) return candidate;
  await vault.rotatePassword({ oldPassword: candidate.password, newPassword: wanted.password });
  own.discard();
  return wanted;
}

function ownSecret(own: OwnPassword, password: string): ConfiguredSecret {
  return { setting: own.path, password };
}

function unlockedBy(candidate: ConfiguredSecret, secrets: readonly ConfiguredSecret[]): VaultOpening {
  const isOutdated = secrets.length > 0 && secrets[0]?.setting !== candidate.setting;
  return { kind: "unlocked", by: candidate.setting, isOutdated };
}

function isWrongPassword(error: unknown): boolean {
  return error instanceof VaultError && error.code === "wrong_password";
}
