import { TokenHubError } from "@tokenhub/contracts";
import { hasEnded } from "../../../jobs/job-waits.ts";
import { turnOf } from "../../../jobs/turn-of-job.ts";
import { includesRole } from "../../admin-principal.ts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { timeText } from "../../fields.ts";
import { foundJob } from "./found-job.ts";
import { attemptsOf } from "./job-attempts.ts";
import type { JobAdminDeps } from "./job-deps.ts";
import { jobFiltersOf, jobQuerySchema, type JobQuery } from "./job-query.ts";
import { listJobs } from "./list-jobs.ts";
import { presentAdminJob, presentTexts } from "./present-admin-job.ts";
import { showOverview } from "./show-overview.ts";

const tag = "jobs";

/** Jobs of all tenants below `/admin/v1/jobs`. Requests and answers are for operators; a viewer sees the rest. */
export function jobAdminRoutes(deps: JobAdminDeps): AdminRoute[] {
  return [
    adminRoute<undefined, JobQuery>({
      method: "get",
      path: "/jobs",
      summary: "Lists jobs of all tenants, newest first; `next` is the `after` of the page behind it.",
      tag,
      role: "viewer",
      querySchema: jobQuerySchema,
      action: null,
      handle: ({ query }) => list(deps, query),
    }),
    adminRoute({
      method: "get",
      path: "/jobs/overview",
      summary: "Shows what waits and what runs, by tenant, lane and model, with the pace of each.",
      tag,
      role: "viewer",
      action: null,
      handle: () => showOverview(deps),
    }),
    adminRoute({
      method: "get",
      path: "/jobs/:id",
      summary: "Shows a job with its attempts; what was asked and answered to operators only.",
      tag,
      role: "viewer",
      action: null,
      handle: (call) => show(deps, call),
    }),
    adminRoute({
      method: "post",
      path: "/jobs/:id/cancel",
      summary: "Cancels a job: one that waits ends at once, one that runs is stopped.",
      tag,
      role: "operator",
      action: "job.cancel",
      handle: (call) => cancel(deps, call),
    }),
  ];
}

function list(deps: JobAdminDeps, query: JobQuery): Promise<AdminReply> {
  const state = query.state ?? query.status;
  const filters = { ...jobFiltersOf(query), states: state === undefined ? undefined : [state] };
  return listJobs(deps, filters, query);
}

async function show(deps: JobAdminDeps, call: AdminCall): Promise<AdminReply> {
  const { jobs, keyNames } = deps;
  const job = await foundJob(jobs, call);
  await keyNames.load([job.keyId]);
  const showsTexts = includesRole(call.principal.role, "operator");
  const { position, estimatedStartMs } = await turnOf(deps, job);
  return reply({
    ...presentAdminJob(job, keyNames),
    queue_position: position,
    estimated_start_at: timeText(estimatedStartMs),
    shows_texts: showsTexts,
    ...(showsTexts
      ? presentTexts({ request: await jobs.request(job.id), answer: await jobs.answer(job.id) })
      : { request: null, answer: null }),
    log: await attemptsOf(deps, job),
  });
}

async function cancel({ jobs, canceller }: JobAdminDeps, call: AdminCall): Promise<AdminReply> {
  const { id, tenantId } = await foundJob(jobs, call);
  const job = await canceller.cancel(id, {});
  const isOver = hasEnded(job);
  if (isOver && job.state !== "cancelled")
    throw new TokenHubError("conflict", `This job has ${job.state} already; there is nothing to cancel.`);
  await call.audit.record({ resourceKind: "job", resourceId: id, detail: { tenantId } });
  return reply({ ok: true, id, state: job.state, is_cancelling: !isOver }, { status: isOver ? 200 : 202 });
}
