import {
  createCallIncidentRepository,
  createRequestLogRepository,
  createRewardRepository,
} from "@tokenhub/persistence";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { foundRequest } from "./found-request.ts";
import type { InsightDeps } from "./insight-deps.ts";
import { presentEntry, presentLogEntry, presentSummary } from "./present-request.ts";
import { filtersOf, requestQuerySchema, type RequestQuery } from "./request-query.ts";

type Deps = Pick<InsightDeps, "db" | "insight">;

const tag = "requests";
const mostRewards = 100;

/** The request log: lists, and the whole explanation of one request. */
export function requestRoutes(deps: Deps): AdminRoute[] {
  return [
    adminRoute<undefined, RequestQuery>({
      method: "get",
      path: "/requests",
      summary: "Lists finished requests, newest first.",
      tag,
      role: "viewer",
      querySchema: requestQuerySchema,
      action: null,
      handle: ({ query }) => list(deps, { query, name: "items", present: presentSummary }),
    }),
    adminRoute({
      method: "get",
      path: "/requests/:id",
      summary: "Explains one request: candidates, scores, skips, attempts, cost, timings.",
      tag,
      role: "viewer",
      action: null,
      handle: (call) => explain(deps, call),
    }),
    adminRoute<undefined, RequestQuery>({
      method: "get",
      path: "/logs",
      summary: "Lists finished requests under the names of the earlier request log.",
      tag,
      role: "viewer",
      querySchema: requestQuerySchema,
      action: null,
      handle: ({ query }) => list(deps, { query, name: "logs", present: presentLogEntry }),
    }),
  ];
}

async function list(
  { db, insight }: Deps,
  {
    query,
    name,
    present,
  }: { readonly query: RequestQuery; readonly name: string; readonly present: typeof presentSummary },
): Promise<AdminReply> {
  const { limit, offset, direction } = query;
  const log = createRequestLogRepository(db);
  const { items, total } = await log.page({ filters: filtersOf(query), limit, offset, direction });
  await insight.keyNames.load(items.map(({ keyId }) => keyId));
  return reply({ [name]: items.map((entry) => present(entry, insight.keyNames)), total, limit, offset });
}

async function explain({ db, insight }: Deps, { params }: AdminCall): Promise<AdminReply> {
  const entry = await foundRequest(db, params["id"] ?? "");
  const { requestId, keyId } = entry;
  const incidents = await createCallIncidentRepository(db).listForRequest(requestId);
  const rewards = await createRewardRepository(db).page({ filters: { requestId }, limit: mostRewards });
  await insight.keyNames.load([keyId]);
  return reply(
    presentEntry(entry, { names: insight.keyNames, incidents, rewards: rewards.items.toReversed() }),
  );
}
