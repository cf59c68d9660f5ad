import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, JobSchedule } from "@tokenhub/persistence";
import { createHash } from "node:crypto";
import type { KeyLookup } from "../access/key-index.ts";
import type { Admission } from "../admission/admission.ts";
import type { Caller } from "../admission/caller.ts";
import type { RequestToBecomeJob, RequestToCheck } from "../jobs/accept-as-internal.ts";
import { scopeOfEndpoint } from "../jobs/endpoint-scope.ts";
import { submitterOf } from "../jobs/submitter-of.ts";
import {
  storedTemplateOf,
  templateError,
  termsOfTemplate,
  type ScheduleTemplate,
} from "./schedule-template.ts";

export interface ScheduledJobDeps {
  readonly jobs: Pick<JobRepository, "get">;
  readonly keys: Pick<KeyLookup, "key" | "tenant" | "project">;
  readonly admission: Pick<Admission, "requireScope">;
  readonly accept: (request: RequestToBecomeJob) => Promise<string>;
  readonly check: (request: RequestToCheck) => Promise<void>;
  readonly now: () => number;
}

/** Digits of the job of an occurrence. They follow from it, so that it is made once, whoever makes it and however often. */
export function digitsOfOccurrence(scheduleId: string, atMs: number): string {
  return createHash("sha256").update(`${scheduleId}:${atMs}`).digest("hex").slice(0, 32);
}

/**
 * Makes the job of an occurrence, within the budgets of the schedule's owner; one that is there already is left.
 * @param occurrence when it falls due, and the digits of its job's id.
 * @returns the id of the job.
 * @throws TokenHubError what a caller would have been answered; `deadline_exceeded` when nobody wants it any more.
 */
export async function makeScheduledJob(
  deps: ScheduledJobDeps,
  schedule: JobSchedule,
  { atMs, digits }: { readonly atMs: number; readonly digits: string },
): Promise<string> {
  const jobId = `job_${digits}`;
  if ((await deps.jobs.get(jobId)) !== null) return jobId;
  const { id: scheduleId, deadlineSeconds } = schedule;
  const deadlineAtMs = deadlineSeconds === null ? null : atMs + deadlineSeconds * 1_000;
  if (deadlineAtMs !== null && deadlineAtMs <= deps.now())
    throw new TokenHubError(
      "deadline_exceeded",
      "No gateway ran from the occurrence to its deadline, so nothing was begun.",
    );
  const template = storedTemplateOf(schedule.templateJson);
  return deps.accept({
    ...requestOf(template, callerOf(deps, schedule, template)),
    terms: termsOfTemplate(template, { scheduleId, digits, deadlineAtMs }),
  });
}

/** Has the endpoint check a template in the name of a schedule's owner. @throws TokenHubError what is wrong with it. */
export async function checkTemplate(
  deps: ScheduledJobDeps,
  owner: Pick<JobSchedule, "tenantId" | "projectId" | "keyId">,
  template: ScheduleTemplate,
): Promise<void> {
  const request = requestOf(template, callerOf(deps, owner, template));
  try {
    await deps.check(request);
  } catch (error) {
    throw error instanceof TokenHubError ? templateError(error, "template.body") : error;
  }
}

function callerOf(
  { keys, admission, now }: ScheduledJobDeps,
  owner: Pick<JobSchedule, "tenantId" | "projectId" | "keyId">,
  { endpoint }: ScheduleTemplate,
): Caller {
  const caller = submitterOf(keys, owner, now());
  admission.requireScope(caller, scopeOfEndpoint(endpoint));
  return caller;
}

function requestOf({ endpoint, bodyText }: ScheduleTemplate, caller: Caller): RequestToCheck {
  return { caller, endpoint, bodyText, headers: {} };
}
