import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, StoredJob } from "@tokenhub/persistence";
import { createHash } from "node:crypto";
import type { KeyLookup } from "../access/key-index.ts";
import type { Admission } from "../admission/admission.ts";
import type { RequestToBecomeJob } from "../jobs/accept-as-internal.ts";
import { scopeOfEndpoint } from "../jobs/endpoint-scope.ts";
import { defaultTerms } from "../jobs/job-terms.ts";
import { submitterOf } from "../jobs/submitter-of.ts";
import { withModel } from "./with-model.ts";

export interface ReplayDeps {
  readonly jobs: Pick<JobRepository, "get" | "request">;
  readonly keys: Pick<KeyLookup, "key" | "tenant" | "project">;
  readonly admission: Pick<Admission, "requireScope">;
  readonly accept: (request: RequestToBecomeJob) => Promise<string>;
  readonly now: () => number;
}

/** What is different about a request that is sent again; null: as it was. */
export interface ReplayTerms {
  readonly model: string | null;
  readonly deadlineAtMs: number | null;
  readonly priority: number | null;
}

/** The id of the job by which a dead letter is sent again. It follows from the letter, so that two people make one job. */
export function replayIdOf(letterId: string): string {
  return `job_${createHash("sha256").update(`replay:${letterId}`).digest("hex").slice(0, 32)}`;
}

/**
 * Makes the job that sends a dead letter again, within the budgets that its owner has now; one that is there already is left.
 * It waits behind nobody who waits for an answer: its lane is that of the background.
 * @returns the id of the job.
 * @throws TokenHubError why it cannot be sent: what its endpoint would have answered, `budget_exceeded`, `api_key_disabled`.
 */
export async function replayLetter(
  deps: ReplayDeps,
  letter: StoredJob,
  { model, deadlineAtMs, priority }: ReplayTerms,
): Promise<string> {
  const jobId = replayIdOf(letter.id);
  if ((await deps.jobs.get(jobId)) !== null) return jobId;
  const { endpoint } = letter;
  const caller = submitterOf(deps.keys, letter, deps.now());
  deps.admission.requireScope(caller, scopeOfEndpoint(endpoint));
  const request = await deps.jobs.request(letter.id);
  if (request === null) throw new TokenHubError("not_found", "The job was deleted meanwhile.");
  const { headers, bodyText } = request;
  return deps.accept({
    caller,
    endpoint,
    headers,
    bodyText: model === null ? bodyText : withModel(bodyText, { endpoint, model }),
    terms: {
      ...defaultTerms,
      origin: "replay",
      digits: jobId.slice("job_".length),
      replayOf: letter.id,
      priority: priority ?? letter.priority,
      deadlineAtMs,
      metadata: letter.metadata,
      tags: letter.tags,
      webhook: letter.webhook,
    },
  });
}
