import { jobEndpoints } from "@tokenhub/contracts/api";
import type { JobFilters } from "@tokenhub/persistence";
import { z } from "zod";
import { timeField } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import { requireOrder } from "../insight/time-query.ts";
import { jobQueryShape, noClass } from "../jobs/job-query.ts";

/** Letters that are sent again or discarded with one call. */
export const mostLetters = 1_000;

const jobIdField = z.string().regex(/^job_[0-9a-z]{1,64}$/, "must be the id of a job");
const nameField = z.string().min(1).max(256);

const filterSchema = z
  .strictObject({
    tenant_id: nameField.optional(),
    project_id: nameField.optional(),
    key_id: nameField.optional(),
    endpoint: z.enum(jobEndpoints).optional(),
    tag: z.string().min(1).max(64).optional(),
    class: z.string().min(1).max(64).optional().meta({
      description: "Class of the failure; `none`: it has none.",
    }),
    since: timeField.optional(),
    until: timeField.optional(),
    after: jobIdField.optional().meta({
      description: "Goes on behind this letter, in the order of acceptance: `last_id` of the call before.",
    }),
  })
  .meta({ description: `The open letters that fit, oldest first, ${mostLetters} at most.` });

const which = {
  ids: z.array(jobIdField).min(1).max(mostLetters).optional(),
  filter: filterSchema.optional(),
};
const terms = {
  model: nameField.optional().meta({ description: "Model or alias in place of the one that was asked for." }),
  deadline: timeField.optional().meta({ description: "Absent: as of a job that states none." }),
  priority: z.int().min(0).max(9).optional().meta({ description: "Absent: as it was." }),
};
const isEither = ({ ids, filter }: { readonly ids?: unknown; readonly filter?: unknown }): boolean =>
  (ids === undefined) !== (filter === undefined);
const eitherMessage = "say which letters: either `ids` or `filter`, which may be {} for all";

export const replaySchema = z.strictObject(terms);
export type Replay = z.infer<typeof replaySchema>;
export const replayManySchema = z.strictObject({ ...which, ...terms }).refine(isEither, eitherMessage);
export type ReplayMany = z.infer<typeof replayManySchema>;
export const discardSchema = z.strictObject({ reason: z.string().trim().min(1).max(300).optional() });
export type Discard = z.infer<typeof discardSchema>;
export const discardManySchema = z
  .strictObject({ ...which, ...discardSchema.shape })
  .refine(isEither, eitherMessage);
export type DiscardMany = z.infer<typeof discardManySchema>;

export const letterQuerySchema = z.object({
  ...jobQueryShape,
  letter: z.enum(["open", "replayed", "discarded"]).default("open"),
});
export type LetterQuery = z.infer<typeof letterQuerySchema>;
export const tenantQuerySchema = z.object({ tenant_id: nameField.optional() });
export type TenantQuery = z.infer<typeof tenantQuerySchema>;
export const deliveryQuerySchema = z.object({ ...pageQueryShape, tenant_id: nameField.optional() });
export type DeliveryQuery = z.infer<typeof deliveryQuerySchema>;

/** @throws TokenHubError `invalid_request` when the range ends before it begins. */
export function openLettersOf(filter: z.infer<typeof filterSchema>): JobFilters {
  const range = { fromMs: filter.since, toMs: filter.until };
  requireOrder(range);
  return {
    letter: "open",
    tenantId: filter.tenant_id,
    projectId: filter.project_id,
    keyId: filter.key_id,
    endpoint: filter.endpoint,
    tag: filter.tag,
    errorClass: filter.class === noClass ? null : filter.class,
    ...range,
  };
}
