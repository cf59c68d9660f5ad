import type { RunFilters } from "@tokenhub/persistence";
import { z } from "zod";
import { pageQueryShape } from "../../page.ts";
import { requireOrder, timeQuery } from "../insight/time-query.ts";

const idQuery = z.string().min(1).max(256).optional();

/** Filters of the runs; those with two spellings take either. */
export const runQuerySchema = z.object({
  ...pageQueryShape,
  status: z.enum(["running", "succeeded", "failed", "cancelled"]).optional(),
  mode: z.string().min(1).max(64).optional(),
  tenant: idQuery,
  tenant_id: idQuery,
  project: idQuery,
  project_id: idQuery,
  key: idQuery,
  api_key_id: idQuery,
  request_id: idQuery.meta({ description: "The caller's request that a run answers." }),
  since: timeQuery.optional(),
  from: timeQuery.optional(),
  until: timeQuery.optional(),
  to: timeQuery.optional(),
  direction: z.enum(["asc", "desc"]).default("desc"),
});
export type RunQuery = z.infer<typeof runQuerySchema>;

/** @throws TokenHubError `invalid_request` when the range ends before it begins. */
export function runFiltersOf(query: RunQuery): RunFilters {
  const range = { fromMs: query.since ?? query.from, toMs: query.until ?? query.to };
  requireOrder(range);
  return {
    status: query.status,
    mode: query.mode,
    tenantId: query.tenant ?? query.tenant_id,
    projectId: query.project ?? query.project_id,
    keyId: query.key ?? query.api_key_id,
    requestId: query.request_id,
    ...range,
  };
}
