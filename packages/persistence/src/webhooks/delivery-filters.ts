import { sql, type SqlBool } from "kysely";
import { whereEquals, whereTime, type Condition } from "../page.ts";
import type { WebhookDeliveryState } from "./delivery-row.ts";

export interface WebhookDeliveryFilters {
  readonly tenantId?: string | undefined;
  readonly endpointId?: string | undefined;
  readonly eventId?: string | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly states?: readonly WebhookDeliveryState[] | undefined;
  /** When recorded, inclusive. */
  readonly fromMs?: number | undefined;
  /** When recorded, exclusive. */
  readonly toMs?: number | undefined;
}

export function deliveryConditions(filters: WebhookDeliveryFilters): Condition[] {
  return [
    ...whereEquals("endpoint_id", filters.endpointId),
    ...whereEquals("tenant_id", filters.tenantId),
    ...whereEquals("event_id", filters.eventId),
    ...whereOneOf("event_type", filters.eventTypes),
    ...whereState(filters.states),
    ...whereTime("created_at_ms", filters),
  ];
}

function whereOneOf(column: string, values: readonly string[] | undefined): Condition[] {
  if (values === undefined || values.length === 0) return [];
  if (values.length === 1) return whereEquals(column, values[0]);
  return [sql<SqlBool>`${sql.ref(column)} in (${sql.join(values)})`];
}

/** Literally, as the indexes of single states have it. */
function whereState(states: WebhookDeliveryFilters["states"]): Condition[] {
  const [only, ...others] = states ?? [];
  if (only === undefined || others.length > 0) return whereOneOf("state", states);
  return [sql<SqlBool>`state = ${sql.lit(only)}`];
}
