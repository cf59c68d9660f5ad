import { webhookEventTypes, type WebhookEvent } from "@tokenhub/contracts";
import type { Selectable } from "kysely";
import { contractOf, oneOf, parseContent, parseJsonColumn } from "../read-row.ts";
import type { WebhookEventTable } from "../schema/webhook-tables.ts";

type EventRow = Selectable<WebhookEventTable>;

/** The row of an event. */
export function rowOfWebhookEvent(event: WebhookEvent): EventRow {
  return {
    id: event.id,
    tenant_id: event.tenantId,
    project_id: event.projectId,
    type: event.type,
    created_at_ms: Math.round(event.createdAtMs),
    data_json: JSON.stringify(event.data),
  };
}

/** @throws DatabaseError when the row does not fit this release. */
export function webhookEventOf(row: Omit<EventRow, "type"> & { readonly type: string }): WebhookEvent {
  const at = { table: "webhook_events", id: row.id };
  return {
    id: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    type: parseContent(oneOf(webhookEventTypes), { ...at, value: row.type }),
    createdAtMs: row.created_at_ms,
    data: parseContent(jsonObject, { ...at, value: parseJsonColumn(row.data_json) }),
  };
}

const jsonObject = contractOf(
  (value): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value),
);
