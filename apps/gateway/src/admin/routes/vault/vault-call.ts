import { toTokenHubError, VaultError } from "@tokenhub/vault";

/** Runs an operation of the vault; its refusals come out as the errors of the product's table. */
export async function vaultCall<Result>(operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    throw error instanceof VaultError ? toTokenHubError(error) : error;
  }
}
