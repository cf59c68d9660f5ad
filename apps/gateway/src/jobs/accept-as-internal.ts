import { TokenHubError } from "@tokenhub/contracts";
import type { NewJob } from "@tokenhub/persistence";
import inject from "light-my-request";
import type { Caller } from "../admission/caller.ts";
import { refusedError } from "../http/surface.ts";
import { markedHandler, type ExecuteDeps } from "./execute-job.ts";
import type { Acceptance } from "./internal-call.ts";
import { defaultTerms, type JobTerms } from "./job-terms.ts";

export interface RequestToCheck {
  readonly caller: Caller;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
}

export interface RequestToBecomeJob extends RequestToCheck {
  readonly terms: JobTerms & { readonly digits: string };
  /** Told of the job, when it is in the database. */
  readonly onAccepted?: (job: NewJob) => void;
}

type InternalDeps = Pick<ExecuteDeps, "handler" | "internalCalls">;

/**
 * Has a request become a job by the way every request takes, so that its endpoint reads and checks it; the job's id is
 * `job_<digits>`.
 * @throws TokenHubError what the endpoint would have answered.
 */
export async function acceptAsInternal(
  deps: InternalDeps,
  { terms, onAccepted, ...request }: RequestToBecomeJob,
): Promise<string> {
  const told = onAccepted === undefined ? {} : { onAccepted };
  await submit(deps, request, { kind: "accept", caller: request.caller, terms, ...told });
  return `job_${terms.digits}`;
}

/**
 * Has a request's endpoint read and check it, and leaves it at that.
 * @throws TokenHubError what the endpoint would have answered.
 */
export async function checkAsInternal(deps: InternalDeps, request: RequestToCheck): Promise<void> {
  const terms = { ...defaultTerms, origin: "jobs_api" } as const;
  await submit(deps, request, { kind: "accept", caller: request.caller, terms, isCheckOnly: true });
}

async function submit(
  deps: InternalDeps,
  { endpoint, headers, bodyText }: RequestToCheck,
  call: Acceptance,
): Promise<void> {
  const answered = await inject(markedHandler(deps, call), {
    method: "POST",
    url: endpoint,
    headers: { ...headers, "content-type": "application/json" },
    payload: bodyText,
  });
  if (answered.statusCode === 202) return;
  throw (
    refusedError(answered.raw.res) ??
    new TokenHubError("internal_error", "The job was neither accepted nor refused. Submit it again.")
  );
}
