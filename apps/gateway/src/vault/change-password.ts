import { Secret } from "@tokenhub/config";
import { VaultError, type Vault } from "@tokenhub/vault";
import type { ConfiguredSecret } from "./configured-secrets.ts";
import type { OwnPassword } from "./own-password.ts";

export interface PasswordChange {
  readonly oldPassword: string;
  readonly newPassword: string;
}

/** What has to follow a change of the password, so that the next start opens the vault. */
export interface PasswordChangeOutcome {
  /** The file in the data folder that holds the new password now; null when the old one was not from there. */
  readonly keptIn: string | null;
  /** The setting that still has the old password; null when none has. */
  readonly outdatedSetting: string | null;
}

export interface ChangePasswordOptions {
  readonly vault: Pick<Vault, "rotatePassword">;
  readonly own: OwnPassword;
  readonly secrets: readonly ConfiguredSecret[];
}

/**
 * Changes the vault's password; the installation's own one also in its file, which holds both while the change is made.
 *
 * @throws VaultError `wrong_password`, ...; then nothing was changed
 */
export async function changePassword(
  { vault, own, secrets }: ChangePasswordOptions,
  change: PasswordChange,
): Promise<PasswordChangeOutcome> {
  const oldPassword = new Secret(change.oldPassword);
  const keepsInFile = own.candidates().some((candidate) => oldPassword.equals(candidate));
  if (keepsInFile) own.prepare(change.newPassword);
  try {
    await vault.rotatePassword(change);
  } catch (error) {
    // After an error of the database nobody knows which one counts, and both files stay.
    if (keepsInFile && error instanceof VaultError) own.settle(change.oldPassword);
    throw error;
  }
  if (keepsInFile) own.settle(change.newPassword);
  const outdated = secrets.find(({ password }) => oldPassword.equals(password));
  return { keptIn: keepsInFile ? own.path : null, outdatedSetting: outdated?.setting ?? null };
}
