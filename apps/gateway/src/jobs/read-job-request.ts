import type { JobWebhook } from "@tokenhub/contracts";
import { submitJobRequestSchema, type SubmitJobRequest } from "@tokenhub/contracts/api";
import type { JsonObject } from "../sync/generation-endpoint.ts";
import { validateBody } from "../http/validate-body.ts";
import { defaultTerms, type JobTerms } from "./job-terms.ts";

/** What `POST /v1/jobs` was asked for. */
export interface SubmittedJob {
  readonly endpoint: SubmitJobRequest["endpoint"];
  /** The body for the endpoint. */
  readonly bodyText: string;
  readonly terms: JobTerms;
}

/** @throws TokenHubError `invalid_request` naming the field at fault. */
export function readJobRequest(body: JsonObject, readWebhook: (value: unknown) => JobWebhook): SubmittedJob {
  validateBody(submitJobRequestSchema, body);
  const asked = submitJobRequestSchema.parse(body);
  return {
    endpoint: asked.endpoint,
    bodyText: JSON.stringify(asked.body),
    terms: {
      ...defaultTerms,
      origin: "jobs_api",
      priority: asked.priority ?? defaultTerms.priority,
      deadlineAtMs: momentOf(asked.deadline),
      notBeforeMs: momentOf(asked.not_before),
      metadata: asked.metadata ?? null,
      tags: asked.tags ?? null,
      webhook: asked.webhook == null ? null : readWebhook(asked.webhook),
    },
  };
}

/** Unix seconds, or a time in words of ISO 8601. */
function momentOf(stated: number | string | null | undefined): number | null {
  if (stated == null) return null;
  return typeof stated === "number" ? Math.round(stated * 1_000) : Date.parse(stated);
}
