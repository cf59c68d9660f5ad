import { TokenHubError } from "@tokenhub/contracts";
import { jobListQuerySchema, type JobList } from "@tokenhub/contracts/api";
import type { JobRepository } from "@tokenhub/persistence";
import type { Caller } from "../../admission/caller.ts";
import { describeIssue } from "../../http/describe-issue.ts";
import { presentJob } from "../../jobs/present-job.ts";

/**
 * A page of the caller's own jobs, newest first unless asked otherwise, without their results.
 * @throws TokenHubError `invalid_request` for a bad query, or an `after` that is no job of the caller's.
 */
export async function listJobs(
  { jobs }: { readonly jobs: Pick<JobRepository, "get" | "page"> },
  { caller, query }: { readonly caller: Caller; readonly query: unknown },
): Promise<JobList> {
  const { limit, after, order, status, endpoint, batch_id, tag, created_after, created_before } =
    readQuery(query);
  const own = {
    tenantId: caller.tenantId,
    ...(caller.projectId === null ? {} : { projectId: caller.projectId }),
  };
  const last = after === undefined ? null : await jobs.get(after, own);
  if (after !== undefined && last === null)
    throw new TokenHubError("invalid_request", "`after` is the id of no job of yours.", { param: "after" });
  const found = await jobs.page({
    filters: {
      ...own,
      endpoint,
      tag,
      batchId: batch_id,
      states: status === undefined ? undefined : [status],
      fromMs: created_after === undefined ? undefined : created_after * 1_000,
      toMs: created_before === undefined ? undefined : created_before * 1_000,
    },
    limit: limit + 1,
    after: last,
    direction: order,
  });
  const data = found.slice(0, limit).map((job) => presentJob(job));
  return {
    object: "list",
    data,
    has_more: found.length > limit,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

function readQuery(query: unknown) {
  const parsed = jobListQuerySchema.safeParse(query);
  if (parsed.success) return parsed.data;
  const { path, problem } = describeIssue(parsed.error.issues[0]);
  throw new TokenHubError(
    "invalid_request",
    `The query is not valid${path === "" ? "" : `, \`${path}\``}: ${problem}.`,
    { param: path === "" ? null : path },
  );
}
