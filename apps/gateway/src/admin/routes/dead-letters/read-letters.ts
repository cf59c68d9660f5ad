import { TokenHubError } from "@tokenhub/contracts";
import { createAuditRepository, type JobRepository, type StoredJob } from "@tokenhub/persistence";
import { replayIdOf } from "../../../dead-letters/replay-letter.ts";
import { includesRole } from "../../admin-principal.ts";
import { reply, type AdminCall, type AdminReply } from "../../admin-route.ts";
import { timeText } from "../../fields.ts";
import { foundJob } from "../jobs/found-job.ts";
import { attemptsOf } from "../jobs/job-attempts.ts";
import { jobFiltersOf, noClass } from "../jobs/job-query.ts";
import { listJobs } from "../jobs/list-jobs.ts";
import { presentAdminJob, presentTexts } from "../jobs/present-admin-job.ts";
import { presentDelivery } from "../webhooks/present-webhooks.ts";
import type { LetterRouteDeps } from "./letter-deps.ts";
import type { DeliveryQuery, LetterQuery, TenantQuery } from "./letter-form.ts";

const shownDecisions = 50;

export function listLetters(deps: LetterRouteDeps, query: LetterQuery): Promise<AdminReply> {
  return listJobs(deps, { ...jobFiltersOf(query), letter: query.letter }, query);
}

/** How many letters are open, by class of failure, and how many webhook deliveries were given up. */
export async function countOpenLetters(
  { jobs, deliveries }: LetterRouteDeps,
  { tenant_id: tenantId }: TenantQuery,
): Promise<AdminReply> {
  const counts = await jobs.letterCounts({ letter: "open", tenantId });
  const { total } = await deliveries.page({ filters: { tenantId, states: ["failed"] }, limit: 1 });
  return reply({
    open: counts.reduce((sum, { count }) => sum + count, 0),
    by_class: counts.map(({ errorClass, count }) => ({ class: errorClass ?? noClass, count })),
    webhook_deliveries: total,
  });
}

export async function listGivenUpDeliveries(
  { deliveries }: LetterRouteDeps,
  { limit, offset, tenant_id: tenantId }: DeliveryQuery,
): Promise<AdminReply> {
  const filters = { tenantId, states: ["failed"] as const };
  const { items, total } = await deliveries.page({ filters, limit, offset });
  return reply({ items: items.map(presentDelivery), total, limit, offset });
}

/** What was asked, every attempt with its routing decision and failures, and what people have done about it since. */
export async function showLetter(deps: LetterRouteDeps, call: AdminCall): Promise<AdminReply> {
  const { jobs, keyNames, db } = deps;
  const letter = await foundLetter(jobs, call);
  const replay = await jobs.get(replayIdOf(letter.id));
  await keyNames.load([letter.keyId]);
  const showsTexts = includesRole(call.principal.role, "operator");
  const audit = await createAuditRepository(db).page({
    filters: { resourceKind: "dead letter", resourceId: letter.id },
    limit: shownDecisions,
  });
  return reply({
    ...presentAdminJob(letter, keyNames),
    shows_texts: showsTexts,
    ...(showsTexts
      ? presentTexts({ request: await jobs.request(letter.id), answer: await jobs.answer(letter.id) })
      : { request: null, answer: null }),
    log: await attemptsOf(deps, letter),
    replay: replay === null ? null : presentAdminJob(replay, keyNames),
    decisions: audit.items.map((entry) => ({
      at: timeText(entry.timestampMs),
      action: entry.action,
      outcome: entry.outcome,
      by: entry.actor.name,
      detail: entry.detail,
    })),
  });
}

/** @throws TokenHubError `not_found` for a job that is not there, or did not fail for good. */
export async function foundLetter(
  jobs: Pick<JobRepository, "get">,
  call: Pick<AdminCall, "params">,
): Promise<StoredJob> {
  const job = await foundJob(jobs, call);
  if (job.letter !== null) return job;
  throw new TokenHubError(
    "not_found",
    `The job ${job.id} is no dead letter: it is ${job.state}. GET /admin/v1/jobs/${job.id} shows it.`,
    { param: "id" },
  );
}
