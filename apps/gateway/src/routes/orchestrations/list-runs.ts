import { TokenHubError } from "@tokenhub/contracts";
import { orchestrationListQuerySchema, type OrchestrationList } from "@tokenhub/contracts/api";
import type { RunRepository, RunSummary } from "@tokenhub/persistence";
import type { Caller } from "../../admission/caller.ts";
import { describeIssue } from "../../http/describe-issue.ts";

/** How many rows more than a page are read, for those of the same millisecond as the last one seen. */
const rowsOfOneMoment = 50;

/**
 * A page of the caller's own runs, newest first. The books hear of a run a moment after it began or ended.
 * @throws TokenHubError `invalid_request` for a bad query, or an `after` that is no run of the caller's.
 */
export async function listRuns(
  { records }: { readonly records: Pick<RunRepository, "get" | "page"> },
  { caller, query }: { readonly caller: Caller; readonly query: unknown },
): Promise<OrchestrationList> {
  const { limit, after, status, mode } = readQuery(query);
  const own = {
    tenantId: caller.tenantId,
    ...(caller.projectId === null ? {} : { projectId: caller.projectId }),
  };
  const last = after === undefined ? null : await records.get(after, { tenantId: caller.tenantId });
  if (after !== undefined && (last === null || (own.projectId ?? last.projectId) !== last.projectId))
    throw new TokenHubError("invalid_request", "`after` is the id of no run of yours.", { param: "after" });
  const rows: RunSummary[] = [];
  const pageRows = limit + 1 + rowsOfOneMoment;
  for (let offset = 0; rows.length <= limit; offset += pageRows) {
    const { items } = await records.page({
      filters: { ...own, status, mode, ...(last === null ? {} : { toMs: last.createdAtMs + 1 }) },
      limit: pageRows,
      offset,
    });
    rows.push(...items.filter((run) => last === null || isBehind(run, last)));
    if (items.length < pageRows) break;
  }
  const data = rows.slice(0, limit).map(presentSummary);
  return {
    object: "list",
    data,
    has_more: rows.length > limit,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/** Newest first, ties by id, as the repository orders them. */
function isBehind(run: RunSummary, last: RunSummary): boolean {
  return (
    run.createdAtMs < last.createdAtMs || (run.createdAtMs === last.createdAtMs && run.runId < last.runId)
  );
}

function readQuery(query: unknown) {
  const parsed = orchestrationListQuerySchema.safeParse(query);
  if (parsed.success) return parsed.data;
  const { path, problem } = describeIssue(parsed.error.issues[0]);
  throw new TokenHubError(
    "invalid_request",
    `The query is not valid${path === "" ? "" : `, \`${path}\``}: ${problem}.`,
    { param: path === "" ? null : path },
  );
}

function presentSummary(run: RunSummary): OrchestrationList["data"][number] {
  const { inputTokens, outputTokens, costNanoUsd, errorCode, finishedAtMs } = run;
  return {
    id: run.runId,
    object: "orchestration",
    mode: run.mode,
    status: run.status,
    created_at: Math.floor(run.createdAtMs / 1_000),
    finished_at: finishedAtMs === null ? null : Math.floor(finishedAtMs / 1_000),
    attempt: run.attempt,
    calls: run.callCount,
    total_tokens: inputTokens + outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cost_usd: costNanoUsd === null ? null : costNanoUsd / 1e9,
    error: errorCode === null ? null : { code: errorCode },
  };
}
