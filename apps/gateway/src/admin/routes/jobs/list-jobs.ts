import { TokenHubError } from "@tokenhub/contracts";
import type { JobFilters, JobRepository } from "@tokenhub/persistence";
import type { KeyNames } from "../../../insight/key-names.ts";
import { reply, type AdminReply } from "../../admin-route.ts";
import { presentAdminJob } from "./present-admin-job.ts";

/**
 * A page of the jobs of all tenants; `next` is where the page after it begins, null at the end.
 * @throws TokenHubError `invalid_request` for an `after` that is no job.
 */
export async function listJobs(
  { jobs, keyNames }: { readonly jobs: Pick<JobRepository, "get" | "page">; readonly keyNames: KeyNames },
  filters: JobFilters,
  page: { readonly limit: number; readonly after?: string | undefined; readonly direction: "asc" | "desc" },
): Promise<AdminReply> {
  const { limit, direction } = page;
  const after = page.after === undefined ? null : await jobs.get(page.after);
  if (page.after !== undefined && after === null)
    throw new TokenHubError(
      "invalid_request",
      "`after` is the id of no job. Begin again without it: that job may have been deleted meanwhile.",
      { param: "after" },
    );
  const items = await jobs.page({ filters, limit, after, direction });
  await keyNames.load(items.map(({ keyId }) => keyId));
  return reply({
    items: items.map((job) => presentAdminJob(job, keyNames)),
    limit,
    next: items.length === limit ? (items.at(-1)?.id ?? null) : null,
  });
}
