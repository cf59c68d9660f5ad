import { errorCodeSchema, operationSchema, routingModeSchema } from "@tokenhub/contracts";
import type { RequestLogFilters } from "@tokenhub/persistence";
import { z } from "zod";
import { pageQueryShape } from "../../page.ts";
import { requireOrder, timeQuery } from "./time-query.ts";

const idQuery = z.string().min(1).max(256).optional();
const outcomes = ["succeeded", "failed", "cancelled"] as const;

/** Filters of the request log; those with two spellings take either. */
export const requestQuerySchema = z.object({
  ...pageQueryShape,
  tenant: idQuery,
  tenant_id: idQuery,
  project: idQuery,
  project_id: idQuery,
  key: idQuery,
  api_key_id: idQuery,
  model: idQuery,
  model_id: idQuery,
  provider: idQuery,
  provider_id: idQuery,
  alias: idQuery,
  run_id: idQuery.meta({ description: "The orchestration that the requests were calls of." }),
  outcome: z.enum(outcomes).optional(),
  error_code: errorCodeSchema.optional(),
  operation: operationSchema.optional(),
  mode: routingModeSchema.optional(),
  from: timeQuery.optional(),
  to: timeQuery.optional(),
  text: z.string().max(256).optional().meta({ description: "Part of a request id or of a requested model." }),
  direction: z.enum(["asc", "desc"]).default("desc"),
});
export type RequestQuery = z.infer<typeof requestQuerySchema>;

/** @throws TokenHubError `invalid_request` when the range ends before it begins. */
export function filtersOf(query: RequestQuery): RequestLogFilters {
  requireOrder({ fromMs: query.from, toMs: query.to });
  return {
    tenantId: query.tenant ?? query.tenant_id,
    projectId: query.project ?? query.project_id,
    keyId: query.key ?? query.api_key_id,
    modelId: query.model ?? query.model_id,
    providerId: query.provider ?? query.provider_id,
    aliasId: query.alias,
    runId: query.run_id,
    outcome: query.outcome,
    errorCode: query.error_code,
    operation: query.operation,
    routingMode: query.mode,
    fromMs: query.from,
    toMs: query.to,
    text: query.text,
  };
}
