import type { AdminRoute } from "../../admin-route.ts";
import { runControlRoutes } from "./run-control-routes.ts";
import { runReadRoutes } from "./run-read-routes.ts";
import type { RunRouteDeps } from "./run-route-deps.ts";

/** Orchestrations below `/admin/v1/runs`: what they did and why, and steering them. */
export function runRoutes(deps: RunRouteDeps): AdminRoute[] {
  return [...runReadRoutes(deps), ...runControlRoutes(deps)];
}
