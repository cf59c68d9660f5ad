import { TokenHubError, type RunInput, type RunState } from "@tokenhub/contracts";
import type { RunRepository } from "@tokenhub/persistence";
import { queueUnavailable } from "@tokenhub/queue";
import type { Caller } from "../admission/caller.ts";
import type { FollowedRuns } from "./follow-run.ts";

export interface FindRunDeps {
  readonly runs: Pick<FollowedRuns, "load">;
  readonly records: Pick<RunRepository, "get">;
}

export interface FoundRun {
  readonly input: RunInput;
  readonly state: RunState;
  /** Whether the store still has it, with the log of what it told; else it comes from the books. */
  readonly isStored: boolean;
}

/**
 * A run as it stands: from the store while that has it, else from the books, which also speak for a store that cannot be
 * reached when the run is over.
 * @throws TokenHubError `queue_unavailable`
 */
export async function findRun({ runs, records }: FindRunDeps, runId: string): Promise<FoundRun | null> {
  let trouble: unknown = null;
  try {
    const run = await runs.load(runId, { withInput: true });
    if (run !== null && run.input !== null) return { input: run.input, state: run.state, isStored: true };
  } catch (error) {
    trouble = error;
  }
  const record = await records.get(runId);
  if (trouble !== null && record?.state.outcome == null) throw queueUnavailable(trouble);
  return record === null ? null : { input: record.input, state: record.state, isStored: false };
}

/**
 * The same for a caller: runs of another tenant are not there, nor are those of another project for a project's key.
 * @throws TokenHubError `not_found`, `queue_unavailable`, `invalid_request` for what can be no id
 */
export async function requireRun(
  deps: FindRunDeps,
  { runId, caller }: { readonly runId: string; readonly caller: RunOwner },
): Promise<FoundRun> {
  if (!/^run_[0-9a-z]{16,64}$/.test(runId))
    throw new TokenHubError("invalid_request", "This is not the id of a run; those begin with `run_`.", {
      param: "id",
    });
  const run = await findRun(deps, runId);
  if (run === null || !owns(caller, run.input))
    throw new TokenHubError("not_found", "There is no run of this id. GET /v1/orchestrations lists yours.");
  return run;
}

type RunOwner = Pick<Caller, "tenantId" | "projectId">;

function owns(caller: RunOwner, run: Pick<RunInput, "tenantId" | "projectId">): boolean {
  return (
    caller.tenantId === run.tenantId && (caller.projectId === null || caller.projectId === run.projectId)
  );
}
