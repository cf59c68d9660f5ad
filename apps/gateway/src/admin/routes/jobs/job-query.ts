import { asyncJobOriginSchema, asyncJobStateSchema } from "@tokenhub/contracts";
import { jobEndpoints } from "@tokenhub/contracts/api";
import type { JobFilters } from "@tokenhub/persistence";
import { z } from "zod";
import { requireOrder, timeQuery } from "../insight/time-query.ts";

const idQuery = z.string().min(1).max(256).optional();
/** How letters and jobs without a class of failure are asked for. */
export const noClass = "none";

/** Jobs change place in no list, so a page begins behind a job instead of at a number. */
export const jobQueryShape = {
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: idQuery.meta({ description: "Id of the last job of the page before: its `next`." }),
  tenant: idQuery,
  tenant_id: idQuery,
  project: idQuery,
  project_id: idQuery,
  key: idQuery,
  api_key_id: idQuery,
  endpoint: z.enum(jobEndpoints).optional(),
  origin: asyncJobOriginSchema.optional(),
  batch_id: idQuery,
  tag: z.string().min(1).max(64).optional(),
  class: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ description: "Class of the failure; `none`: it has none." }),
  since: timeQuery.optional(),
  from: timeQuery.optional(),
  until: timeQuery.optional(),
  to: timeQuery.optional(),
  direction: z.enum(["asc", "desc"]).default("desc"),
};
export const jobQuerySchema = z.object({
  ...jobQueryShape,
  state: asyncJobStateSchema.optional(),
  status: asyncJobStateSchema.optional().meta({ description: "The same as `state`." }),
});
export type JobQuery = z.infer<typeof jobQuerySchema>;

/** @throws TokenHubError `invalid_request` when the range ends before it begins. */
export function jobFiltersOf(query: Omit<JobQuery, "state" | "status">): JobFilters {
  const range = { fromMs: query.since ?? query.from, toMs: query.until ?? query.to };
  requireOrder(range);
  return {
    tenantId: query.tenant ?? query.tenant_id,
    projectId: query.project ?? query.project_id,
    keyId: query.key ?? query.api_key_id,
    endpoint: query.endpoint,
    origin: query.origin,
    batchId: query.batch_id,
    tag: query.tag,
    errorClass: query.class === noClass ? null : query.class,
    ...range,
  };
}
