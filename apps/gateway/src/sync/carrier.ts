import type { RunReport } from "@tokenhub/orchestration";
import type { ReplySink } from "./await-reply.ts";
import { submitRequest, type Submission, type SubmitDeps } from "./submit-request.ts";
import type { SyncReply } from "./sync-reply.ts";

/** What a request becomes when it is carried out: one job, or an orchestration of several. */
export interface Carrier {
  /** Puts it on the queues. @throws TokenHubError `queue_unavailable`: nothing was accepted. */
  readonly submit: () => Promise<void>;
  /** Stops whatever is under way for it. */
  readonly cancel: () => void;
  /** Who is told of its answer, so that it reaches the caller's reply. */
  readonly sinkFor: (reply: SyncReply) => ReplySink;
  /** The orchestration it becomes; null: none. */
  readonly run: { readonly id: string; readonly mode: string } | null;
  /** What there is to say of an orchestration once it has ended; null otherwise. */
  readonly report: () => RunReport | null;
}

/** The ordinary request: its answer goes to the caller as it comes. */
export function createJobCarrier(deps: SubmitDeps, submission: Submission): Carrier {
  return {
    submit: () => submitRequest(deps, submission),
    cancel: () => deps.cancel(submission.requestId),
    sinkFor: (reply) => reply,
    run: null,
    report: () => null,
  };
}
