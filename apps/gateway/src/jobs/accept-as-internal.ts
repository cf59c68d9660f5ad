import { TokenHubError } from "@tokenhub/contracts";
import inject from "light-my-request";
import type { Caller } from "../admission/caller.ts";
import { refusedError } from "../http/surface.ts";
import { markedHandler, type ExecuteDeps } from "./execute-job.ts";
import type { JobTerms } from "./job-terms.ts";

export interface RequestToBecomeJob {
  readonly caller: Caller;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
  readonly terms: JobTerms & { readonly digits: string };
}

/**
 * Has a request become a job by the way every request takes, so that its endpoint reads and checks it; the job's id is
 * `job_<digits>`.
 * @throws TokenHubError what the endpoint would have answered.
 */
export async function acceptAsInternal(
  deps: Pick<ExecuteDeps, "handler" | "internalCalls">,
  { caller, endpoint, headers, bodyText, terms }: RequestToBecomeJob,
): Promise<string> {
  const answered = await inject(markedHandler(deps, { kind: "accept", caller, terms }), {
    method: "POST",
    url: endpoint,
    headers: { ...headers, "content-type": "application/json" },
    payload: bodyText,
  });
  if (answered.statusCode === 202) return `job_${terms.digits}`;
  throw (
    refusedError(answered.raw.res) ??
    new TokenHubError("internal_error", "The job was neither accepted nor refused. Submit it again.")
  );
}
