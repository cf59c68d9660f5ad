import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, StoredJob } from "@tokenhub/persistence";
import type { AdminCall } from "../../admin-route.ts";

/** The job that a path names. @throws TokenHubError `not_found` */
export async function foundJob(
  jobs: Pick<JobRepository, "get">,
  { params }: Pick<AdminCall, "params">,
): Promise<StoredJob> {
  const job = await jobs.get(params["id"] ?? "");
  if (job !== null) return job;
  throw new TokenHubError(
    "not_found",
    "There is no job of this id, or its time of keeping is over. GET /admin/v1/jobs lists what there is.",
    { param: "id" },
  );
}
