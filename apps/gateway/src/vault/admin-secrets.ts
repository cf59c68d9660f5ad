import {
  readOrCreateSecretFile,
  readSecretFile,
  replaceSecretFile,
  type ProductConfig,
} from "@tokenhub/config";
import { TokenHubError } from "@tokenhub/contracts";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { OwnPassword } from "./own-password.ts";

/** The installation's own admin secrets: what the operator set, else what the data folder holds. */
export interface AdminSecrets {
  /** Read on every call, because both can be changed while the gateway runs. */
  current(): { readonly token: string | null; readonly password: string | null };
  /** Where the admin token is kept; null when it is set in the environment, or when there is none. */
  readonly tokenFile: string | null;
  /** @throws TokenHubError `conflict` when the token is set in the environment */
  assertTokenCanRotate(): void;
  /** Replaces the admin token; a random one when none is given. It counts at once and after a restart. @throws likewise */
  rotateToken(token: string | null): string;
}

export interface AdminSecretsOptions {
  readonly product: Pick<ProductConfig, "admin" | "dataDirectory">;
  readonly ownPassword: Pick<OwnPassword, "candidates">;
}

const tokenBytes = 32;

/** Makes a token when a local installation has no admin secret at all. @throws ConfigError when the file cannot be used */
export function openAdminSecrets({ product, ownPassword }: AdminSecretsOptions): AdminSecrets {
  const { admin, dataDirectory } = product;
  const path = join(dataDirectory, "admin-token");
  const configured = admin.token?.reveal() ?? null;
  const makesToken = configured === null && admin.password === null && admin.deployment === "local";
  const newToken = (): string => randomBytes(tokenBytes).toString("hex");
  let kept = configured === null ? readSecretFile(path) : null;
  if (kept === null && makesToken) kept = readOrCreateSecretFile(path, newToken);
  const assertTokenCanRotate = (): void => {
    if (configured === null) return;
    throw new TokenHubError(
      "conflict",
      "The admin token is set by TOKENHUB_ADMIN_TOKEN; change it there and start the gateways again.",
    );
  };
  return {
    assertTokenCanRotate,
    current: () => ({
      token: configured ?? kept,
      password: admin.password?.reveal() ?? ownPassword.candidates()[0] ?? null,
    }),
    get tokenFile() {
      return kept === null ? null : path;
    },
    rotateToken(token) {
      assertTokenCanRotate();
      const next = token ?? newToken();
      replaceSecretFile(path, next);
      kept = next;
      return next;
    },
  };
}
