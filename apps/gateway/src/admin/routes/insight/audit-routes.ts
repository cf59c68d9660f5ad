import { createAuditRepository, type StoredAuditEntry } from "@tokenhub/persistence";
import { z } from "zod";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { timeText } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import type { InsightDeps } from "./insight-deps.ts";
import { requireOrder, timeQuery } from "./time-query.ts";

const textQuery = z.string().min(1).max(256).optional();

const auditQuerySchema = z.object({
  ...pageQueryShape,
  action: textQuery.meta({ description: "An action, or all of a kind: `provider.*`." }),
  actor: textQuery.meta({ description: "Id of the token or session." }),
  actor_kind: z.enum(["token", "password", "session", "system", "anonymous"]).optional(),
  resource_kind: textQuery,
  resource_id: textQuery,
  outcome: z.enum(["ok", "denied", "failed"]).optional(),
  from: timeQuery.optional(),
  to: timeQuery.optional(),
  text: textQuery.meta({ description: "Part of an actor's name, a resource's id or a request id." }),
});
type AuditQuery = z.infer<typeof auditQuerySchema>;

/** Who did what in the administration. */
export function auditRoutes(deps: Pick<InsightDeps, "db">): AdminRoute[] {
  return [
    adminRoute<undefined, AuditQuery>({
      method: "get",
      path: "/audit",
      summary: "Lists what administrators did or tried to do, newest first.",
      tag: "audit",
      role: "viewer",
      querySchema: auditQuerySchema,
      action: null,
      handle: ({ query }) => list(deps, query),
    }),
  ];
}

async function list({ db }: Pick<InsightDeps, "db">, query: AuditQuery): Promise<AdminReply> {
  const { limit, offset } = query;
  requireOrder({ fromMs: query.from, toMs: query.to });
  const { items, total } = await createAuditRepository(db).page({
    limit,
    offset,
    filters: {
      action: query.action,
      actorId: query.actor,
      actorKind: query.actor_kind,
      resourceKind: query.resource_kind,
      resourceId: query.resource_id,
      outcome: query.outcome,
      fromMs: query.from,
      toMs: query.to,
      text: query.text,
    },
  });
  return reply({ logs: items.map(presentAudit), total, limit, offset });
}

function presentAudit(entry: StoredAuditEntry) {
  return {
    id: entry.id,
    timestamp: timeText(entry.timestampMs),
    action: entry.action,
    resource: entry.resourceId ?? entry.resourceKind,
    resource_kind: entry.resourceKind,
    resource_id: entry.resourceId,
    outcome: entry.outcome,
    detail: entry.detail,
    actor: { ...entry.actor },
    request_id: entry.requestId,
  };
}
