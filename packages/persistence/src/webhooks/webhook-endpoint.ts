import type { Selectable } from "kysely";
import { parseContent, parseJsonColumn, textList } from "../read-row.ts";
import type { WebhookEndpointTable, WebhookSecretColumns } from "../schema/webhook-tables.ts";

/** A signing secret in its sealed form, with what may be shown of it. */
export interface SealedSecret {
  readonly sealed: string;
  /** The last characters. */
  readonly hint: string;
}

/** A receiver that a tenant manages; see `WebhookEndpointTable`. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly tenantId: string;
  /** Null: it hears of all projects. */
  readonly projectId: string | null;
  readonly name: string;
  readonly url: string;
  readonly eventTypes: readonly string[];
  readonly isEnabled: boolean;
  readonly disabledReason: string | null;
  readonly disabledAtMs: number | null;
  readonly failingSinceMs: number | null;
  readonly secretHint: string;
  /** Until then the secret before this one signs too; null: there is none. */
  readonly oldSecretUntilMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** @throws DatabaseError when the row does not fit this release. */
export function webhookEndpointOf(row: Selectable<WebhookEndpointTable>): WebhookEndpoint {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    name: row.name,
    url: row.url,
    eventTypes: eventTypesOf(row),
    isEnabled: row.status === "enabled",
    disabledReason: row.disabled_reason,
    disabledAtMs: row.disabled_at_ms,
    failingSinceMs: row.failing_since_ms,
    secretHint: row.secret_hint,
    oldSecretUntilMs: row.old_secret_until_ms,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

/** @throws DatabaseError when the row does not fit this release. */
export function eventTypesOf(row: Pick<WebhookEndpointTable, "id" | "event_types_json">): readonly string[] {
  return parseContent(textList, {
    table: "webhook_endpoints",
    id: row.id,
    value: parseJsonColumn(row.event_types_json),
  });
}

/** The columns of a first secret. */
export function firstSecretColumns({ sealed, hint }: SealedSecret): WebhookSecretColumns {
  return { sealed_secret: sealed, secret_hint: hint, sealed_old_secret: null, old_secret_until_ms: null };
}

/** The sealed secrets that sign at this time, newest first. */
export function secretsInForce(
  row: Pick<WebhookSecretColumns, "sealed_secret" | "sealed_old_secret" | "old_secret_until_ms">,
  nowMs: number,
): readonly string[] {
  const { sealed_secret, sealed_old_secret, old_secret_until_ms } = row;
  const isOldInForce = sealed_old_secret !== null && (old_secret_until_ms ?? 0) > nowMs;
  return isOldInForce ? [sealed_secret, sealed_old_secret] : [sealed_secret];
}
