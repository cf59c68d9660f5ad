import { TokenHubError } from "@tokenhub/contracts";
import { findRun, type FoundRun } from "../../../orchestration/find-run.ts";
import type { RunRouteDeps } from "./run-route-deps.ts";

/** @throws TokenHubError `not_found`, `queue_unavailable` */
export async function foundRun({ control }: Pick<RunRouteDeps, "control">, runId: string): Promise<FoundRun> {
  const run = await findRun(control, runId);
  if (run === null) throw noSuchRun();
  return run;
}

export function noSuchRun(): TokenHubError {
  return new TokenHubError(
    "not_found",
    "There is no run of this id. Runs are kept as long as the request log.",
    {
      param: "id",
    },
  );
}
