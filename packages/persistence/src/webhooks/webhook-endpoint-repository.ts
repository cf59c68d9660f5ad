import { sql, type Kysely, type UpdateObject } from "kysely";
import { selectPage, whereContains, whereEquals, type Page, type PageRequest } from "../page.ts";
import type { Schema } from "../schema/schema.ts";
import type { WebhookEndpointTable } from "../schema/webhook-tables.ts";
import { transaction } from "../transaction.ts";
import { endOpenDeliveries } from "./end-open-deliveries.ts";
import {
  firstSecretColumns,
  webhookEndpointOf,
  type SealedSecret,
  type WebhookEndpoint,
} from "./webhook-endpoint.ts";

/** Whose endpoints are meant. */
export interface WebhookScope {
  /** Absent: every tenant's, for administrators. */
  readonly tenantId?: string | undefined;
  /** Null or absent: those of all projects, and those of none. */
  readonly projectId?: string | null | undefined;
}

export type NewWebhookEndpoint = Pick<
  WebhookEndpoint,
  "id" | "tenantId" | "projectId" | "name" | "url" | "eventTypes"
> & { readonly secret: SealedSecret };

export type WebhookEndpointPatch = Partial<Pick<WebhookEndpoint, "name" | "url" | "eventTypes">>;

interface WebhookEndpointFilters extends WebhookScope {
  readonly isEnabled?: boolean | undefined;
  /** Part of the id, the name or the URL. */
  readonly text?: string | undefined;
}

/** Every method with an id gives null when there is none, or none in the scope. */
export interface WebhookEndpointRepository {
  /** Null when the tenant has `most` already. */
  readonly create: (
    endpoint: NewWebhookEndpoint,
    write: { readonly nowMs: number; readonly most: number },
  ) => Promise<WebhookEndpoint | null>;
  readonly get: (id: string, scope?: WebhookScope) => Promise<WebhookEndpoint | null>;
  /** All of a scope, newest first: a tenant has few. */
  readonly list: (scope: WebhookScope & { readonly tenantId: string }) => Promise<WebhookEndpoint[]>;
  readonly page: (
    request: PageRequest & { readonly filters?: WebhookEndpointFilters },
  ) => Promise<Page<WebhookEndpoint>>;
  readonly update: (
    id: string,
    patch: WebhookEndpointPatch,
    write: WebhookScope & { readonly nowMs: number },
  ) => Promise<WebhookEndpoint | null>;
  /** The secret so far signs along until `oldUntilMs`; null: it ends at once. */
  readonly rotate: (
    id: string,
    secret: SealedSecret & { readonly oldUntilMs: number | null },
    write: WebhookScope & { readonly nowMs: number },
  ) => Promise<WebhookEndpoint | null>;
  /** What waits for it fails; it can be sent again later. */
  readonly disable: (
    id: string,
    write: WebhookScope & { readonly reason: string; readonly nowMs: number },
  ) => Promise<WebhookEndpoint | null>;
  readonly enable: (
    id: string,
    write: WebhookScope & { readonly nowMs: number },
  ) => Promise<WebhookEndpoint | null>;
  /** What waits for it is discarded. */
  readonly remove: (
    id: string,
    write: WebhookScope & { readonly nowMs: number },
  ) => Promise<WebhookEndpoint | null>;
}

/** @param db a database, or a transaction to take part in. */
export function createWebhookEndpointRepository(db: Kysely<Schema>): WebhookEndpointRepository {
  return {
    create: (endpoint, write) => transaction(db, (begun) => create(begun, endpoint, write)),
    async get(id, scope = {}) {
      const row = await db
        .selectFrom("webhook_endpoints")
        .selectAll()
        .where("id", "=", id)
        .where(inScope(scope))
        .executeTakeFirst();
      return row === undefined ? null : webhookEndpointOf(row);
    },
    async list(scope) {
      const rows = await db
        .selectFrom("webhook_endpoints")
        .selectAll()
        .where(inScope(scope))
        .orderBy("created_at_ms", "desc")
        .orderBy("id", "desc")
        .execute();
      return rows.map(webhookEndpointOf);
    },
    async page({ filters = {}, ...page }) {
      const { items, total } = await selectPage<WebhookEndpointTable>(db, {
        ...page,
        table: "webhook_endpoints",
        conditions: [
          ...whereEquals("tenant_id", filters.tenantId),
          ...whereEquals("project_id", filters.projectId ?? undefined),
          ...whereEquals("status", statusOf(filters.isEnabled)),
          ...whereContains(["id", "name", "url"], filters.text),
        ],
        orderBy: [
          { column: "created_at_ms", direction: "desc" },
          { column: "id", direction: "desc" },
        ],
      });
      return { items: items.map(webhookEndpointOf), total };
    },
    update: (id, { name, url, eventTypes }, { nowMs, ...scope }) =>
      change(db, id, scope, {
        ...(name === undefined ? {} : { name }),
        ...(url === undefined ? {} : { url }),
        ...(eventTypes === undefined ? {} : { event_types_json: JSON.stringify(eventTypes) }),
        updated_at_ms: nowMs,
      }),
    rotate: (id, { sealed, hint, oldUntilMs }, { nowMs, ...scope }) =>
      change(db, id, scope, {
        // The right-hand side is the row as it was.
        sealed_old_secret: oldUntilMs === null ? null : sql<string>`sealed_secret`,
        old_secret_until_ms: oldUntilMs,
        sealed_secret: sealed,
        secret_hint: hint,
        updated_at_ms: nowMs,
      }),
    disable: (id, { reason, nowMs, ...scope }) =>
      transaction(db, async (begun) => {
        const disabled = await change(begun, id, scope, disabledColumns({ reason, nowMs }));
        if (disabled !== null) await endOpenDeliveries(begun, { endpointId: id, state: "failed", nowMs });
        return disabled;
      }),
    enable: (id, { nowMs, ...scope }) =>
      change(db, id, scope, {
        status: "enabled",
        disabled_reason: null,
        disabled_at_ms: null,
        failing_since_ms: null,
        updated_at_ms: nowMs,
      }),
    remove: (id, { nowMs, ...scope }) =>
      transaction(db, async (begun) => {
        const row = await begun
          .deleteFrom("webhook_endpoints")
          .where("id", "=", id)
          .where(inScope(scope))
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return null;
        await endOpenDeliveries(begun, { endpointId: id, state: "discarded", nowMs });
        return webhookEndpointOf(row);
      }),
  };
}

/** What is written into a row that is disabled. */
export function disabledColumns({ reason, nowMs }: { readonly reason: string; readonly nowMs: number }) {
  return {
    status: "disabled",
    disabled_reason: reason,
    disabled_at_ms: nowMs,
    updated_at_ms: nowMs,
  } as const;
}

async function create(
  db: Kysely<Schema>,
  endpoint: NewWebhookEndpoint,
  { nowMs, most }: { readonly nowMs: number; readonly most: number },
): Promise<WebhookEndpoint | null> {
  const { count } = await db
    .selectFrom("webhook_endpoints")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("tenant_id", "=", endpoint.tenantId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= most) return null;
  const row: WebhookEndpointTable = {
    id: endpoint.id,
    tenant_id: endpoint.tenantId,
    project_id: endpoint.projectId,
    name: endpoint.name,
    url: endpoint.url,
    event_types_json: JSON.stringify(endpoint.eventTypes),
    status: "enabled",
    disabled_reason: null,
    disabled_at_ms: null,
    failing_since_ms: null,
    ...firstSecretColumns(endpoint.secret),
    created_at_ms: nowMs,
    updated_at_ms: nowMs,
  };
  await db.insertInto("webhook_endpoints").values(row).execute();
  return webhookEndpointOf(row);
}

async function change(
  db: Kysely<Schema>,
  id: string,
  scope: WebhookScope,
  columns: UpdateObject<Schema, "webhook_endpoints">,
): Promise<WebhookEndpoint | null> {
  const row = await db
    .updateTable("webhook_endpoints")
    .set(columns)
    .where("id", "=", id)
    .where(inScope(scope))
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : webhookEndpointOf(row);
}

function inScope({ tenantId, projectId }: WebhookScope) {
  const conditions = [
    ...whereEquals("tenant_id", tenantId),
    ...whereEquals("project_id", projectId ?? undefined),
  ];
  return conditions.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

function statusOf(isEnabled: boolean | undefined): WebhookEndpointTable["status"] | undefined {
  return isEnabled === undefined ? undefined : isEnabled ? "enabled" : "disabled";
}
