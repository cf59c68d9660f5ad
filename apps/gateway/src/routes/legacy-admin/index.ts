import type { AdminRoute } from "../../admin/admin-route.ts";
import type { CatalogueAdminDeps } from "../../admin/routes/catalogue/catalogue-deps.ts";
import { legacyModelRoutes } from "./model-routes.ts";
import { legacyProviderRoutes } from "./provider-routes.ts";

/**
 * `/admin/providers` and `/admin/models` as the product's first generation had them: its bodies, answers and
 * `{"error":"text"}`. What they change is the same catalogue.
 */
export function legacyAdminRoutes(deps: CatalogueAdminDeps): AdminRoute[] {
  return [...legacyProviderRoutes(deps), ...legacyModelRoutes(deps)];
}
