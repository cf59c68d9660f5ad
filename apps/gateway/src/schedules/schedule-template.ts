import { jobWebhookSchema, TokenHubError, type JobWebhook } from "@tokenhub/contracts";
import { jobEndpoints } from "@tokenhub/contracts/api";
import { z } from "zod";
import { defaultTerms, type JobTerms } from "../jobs/job-terms.ts";
import { readJobRequest } from "../jobs/read-job-request.ts";
import type { JsonObject } from "../sync/generation-endpoint.ts";

/** The job that each occurrence of a schedule makes, as it is stored: its webhook's secret is sealed. */
const scheduleTemplateSchema = z.object({
  endpoint: z.enum(jobEndpoints),
  bodyText: z.string(),
  priority: z.number(),
  metadata: z.record(z.string(), z.string()).nullable(),
  tags: z.array(z.string()).nullable(),
  webhook: jobWebhookSchema.nullable(),
});
export type ScheduleTemplate = z.infer<typeof scheduleTemplateSchema>;

/**
 * Reads what `POST /v1/jobs` takes, without times: those are the schedule's.
 * @throws TokenHubError `invalid_request` naming the field at fault, below `template`.
 */
export function readScheduleTemplate(
  body: JsonObject,
  readWebhook: (value: unknown) => JobWebhook,
): ScheduleTemplate {
  for (const name of ["deadline", "not_before"])
    if (body[name] != null)
      throw new TokenHubError(
        "invalid_request",
        `\`template.${name}\` cannot be set: the schedule says when its jobs begin. Leave it out; \`deadline_seconds\` of the schedule limits how late they may be.`,
        { param: `template.${name}` },
      );
  const { endpoint, bodyText, terms } = inTemplate(() => readJobRequest(body, readWebhook));
  const { priority, metadata, tags, webhook } = terms;
  return {
    endpoint,
    bodyText,
    priority,
    metadata: metadata === null ? null : { ...metadata },
    tags: tags === null ? null : [...tags],
    webhook,
  };
}

function inTemplate<Outcome>(read: () => Outcome): Outcome {
  try {
    return read();
  } catch (error) {
    throw error instanceof TokenHubError ? templateError(error, "template") : error;
  }
}

/** What is wrong with a template, as its schedule's administrator is told. @param place the member that holds it. */
export function templateError(error: TokenHubError, place: string): TokenHubError {
  const { code, message, param, retryAfterMs } = error;
  return new TokenHubError(code, `In \`${place}\`: ${message}`, {
    param: param === null ? place : `${place}.${param}`,
    retryAfterMs,
    cause: error,
  });
}

/** @throws TokenHubError `internal_error` when somebody has changed the row by hand. */
export function storedTemplateOf(templateJson: string): ScheduleTemplate {
  try {
    return scheduleTemplateSchema.parse(JSON.parse(templateJson));
  } catch (cause) {
    throw new TokenHubError(
      "internal_error",
      "What is stored of this schedule cannot be read. Set its template again.",
      { cause },
    );
  }
}

/** The terms of a job that an occurrence makes. */
export function termsOfTemplate(
  { priority, metadata, tags, webhook }: ScheduleTemplate,
  { scheduleId, digits, deadlineAtMs }: Required<Pick<JobTerms, "scheduleId" | "digits" | "deadlineAtMs">>,
): JobTerms & { readonly digits: string } {
  return {
    ...defaultTerms,
    origin: "schedule",
    priority,
    metadata,
    tags,
    webhook,
    scheduleId,
    digits,
    deadlineAtMs,
  };
}
