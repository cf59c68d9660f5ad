import { expect, test } from "vitest";
import { toTokenHubError } from "./to-token-hub-error.ts";
import { VaultError, vaultErrorCodes } from "./vault-error.ts";

test("every refusal of the vault has a row in the product's error table", () => {
  for (const code of vaultErrorCodes) {
    const error = toTokenHubError(new VaultError(code, "Said to the caller."));
    expect(error.row.status).toBeGreaterThanOrEqual(400);
    expect(error.message).toBe("Said to the caller.");
  }
});

test("a locked vault is 503, a wrong password 401, a missing secret 404, a locked-out caller 429 with a time", () => {
  const statusOf = (code: VaultError["code"]): number => toTokenHubError(new VaultError(code, "")).row.status;
  expect(statusOf("vault_locked")).toBe(503);
  expect(statusOf("wrong_password")).toBe(401);
  expect(statusOf("secret_not_found")).toBe(404);
  const lockedOut = toTokenHubError(new VaultError("too_many_attempts", "", { retryAfterMs: 4_000 }));
  expect([lockedOut.row.status, lockedOut.retryAfterMs]).toEqual([429, 4_000]);
});
