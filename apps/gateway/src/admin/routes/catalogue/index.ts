import type { AdminRoute } from "../../admin-route.ts";
import { aliasRoutes } from "./alias-routes.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { discoveryRoutes } from "./discovery-routes.ts";
import { modelRoutes } from "./model-routes.ts";
import { providerRoutes } from "./provider-routes.ts";

/** Providers, models and aliases below `/admin/v1`. */
export function catalogueRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [...providerRoutes(deps), ...discoveryRoutes(deps), ...modelRoutes(deps), ...aliasRoutes(deps)];
}
