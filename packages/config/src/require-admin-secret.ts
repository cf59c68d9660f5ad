import { ConfigError } from "./config-error.ts";
import type { ProductConfig } from "./product-config.ts";

/** @throws ConfigError in production, when nobody could administer the installation but whoever reads its files. */
export function requireAdminSecret({ admin }: Pick<ProductConfig, "admin">): void {
  if (admin.deployment !== "production" || admin.password !== null || admin.token !== null) return;
  throw new ConfigError(
    "TOKENHUB_DEPLOYMENT is production, which needs TOKENHUB_ADMIN_PASSWORD or TOKENHUB_ADMIN_TOKEN; set one of them, or TOKENHUB_DEPLOYMENT=local to have secrets made in the data folder.",
  );
}
