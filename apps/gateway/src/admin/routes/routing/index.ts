import type { AdminRoute } from "../../admin-route.ts";
import { routingConfigRoutes, type RoutingConfigDeps } from "./routing-config-routes.ts";
import { simulateRoutes, type SimulateDeps } from "./simulate-routes.ts";

/** Routing defaults and what-if questions below `/admin/v1`. */
export function routingRoutes(deps: RoutingConfigDeps & SimulateDeps): AdminRoute[] {
  return [...routingConfigRoutes(deps), ...simulateRoutes(deps)];
}
