import type { AdminRoute } from "../../admin-route.ts";
import { auditRoutes } from "./audit-routes.ts";
import { engineModelRoutes } from "./engine-model-routes.ts";
import { evaluationRoutes } from "./evaluation-routes.ts";
import { eventRoutes } from "./event-routes.ts";
import { feedbackRoutes } from "./feedback-routes.ts";
import { healthRoutes } from "./health-routes.ts";
import type { InsightDeps } from "./insight-deps.ts";
import { requestRoutes } from "./request-routes.ts";
import { rewardRoutes } from "./reward-routes.ts";
import { seriesRoutes } from "./series-routes.ts";
import { statsRoutes } from "./stats-routes.ts";

export type { InsightDeps } from "./insight-deps.ts";

/** What happened and why, below `/admin/v1`: requests, logs, rewards, health, statistics, time series, events. */
export function insightRoutes(deps: InsightDeps): AdminRoute[] {
  return [
    ...requestRoutes(deps),
    ...feedbackRoutes(deps),
    ...auditRoutes(deps),
    ...rewardRoutes(deps),
    ...healthRoutes(deps),
    ...statsRoutes(deps),
    ...seriesRoutes(deps),
    ...engineModelRoutes(deps),
    ...evaluationRoutes(deps),
    ...eventRoutes(deps),
  ];
}
