import type { Database } from "@tokenhub/persistence";
import type { SecretHasher } from "../../../admission/secret-hasher.ts";
import type { AdminSecrets } from "../../../vault/admin-secrets.ts";
import type { VaultService } from "../../../vault/vault-service.ts";

/** What the admin endpoints of the vault and of admin access work with. */
export interface VaultRouteDeps {
  readonly vault: VaultService;
  readonly adminSecrets: AdminSecrets;
  readonly db: Database["db"];
  readonly hasher: Pick<SecretHasher, "hash">;
  /** Of this product. */
  readonly version: string;
  readonly now: () => number;
}
