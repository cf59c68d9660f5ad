import type { AdminRoute } from "../../admin-route.ts";
import { adminTokenRoutes } from "./admin-token-routes.ts";
import { secretRoutes } from "./secret-routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { transferRoutes } from "./transfer-routes.ts";
import { unlockRoutes } from "./unlock-routes.ts";
import type { VaultRouteDeps } from "./vault-route-deps.ts";

export type { VaultRouteDeps } from "./vault-route-deps.ts";

/** The vault, its secrets, and who may administer: sessions and admin tokens. */
export function vaultRoutes(deps: VaultRouteDeps): AdminRoute[] {
  return [
    ...unlockRoutes(deps),
    ...secretRoutes(deps),
    ...transferRoutes(deps),
    ...sessionRoutes(deps),
    ...adminTokenRoutes(deps),
  ];
}
