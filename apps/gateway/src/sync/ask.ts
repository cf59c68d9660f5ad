import { TokenHubError, type RequestResult } from "@tokenhub/contracts";
import type { ReplyListener } from "@tokenhub/queue";
import { awaitReply } from "./await-reply.ts";
import { failureToError } from "./failure-to-error.ts";
import { submitRequest, type Submission, type SubmitDeps } from "./submit-request.ts";

export interface AskDeps {
  readonly submit: SubmitDeps;
  readonly replies: Pick<ReplyListener, "register">;
}

/** A whole answer as a provider gave it, in the format `result.wireFormat`. */
export interface WholeAnswer {
  readonly result: RequestResult;
  readonly body: string;
}

/**
 * Makes a request of the gateway's own, like any other on the queues, and waits for its whole answer.
 * @param signal cancels the request, whose answer nobody will read.
 * @throws TokenHubError what a caller of that request would have been told.
 */
export async function ask(
  deps: AskDeps,
  { submission, signal }: { readonly submission: Submission; readonly signal: AbortSignal },
): Promise<WholeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
  const cancel = (): void => {
    deps.submit.cancel(submission.requestId);
    reject(new TokenHubError("cancelled", "The caller went away."));
  };
  using _wait = awaitReply(
    deps.replies,
    submission.requestId,
    { waitMs: submission.waitMs },
    {
      onHead: () => reject(new TokenHubError("internal_error", "A whole answer came as a stream.")),
      onText: () => undefined,
      onEnd: (result, body) =>
        result.failure === null ? resolve({ result, body }) : reject(failureToError(result.failure)),
      onTimeout: () =>
        reject(
          new TokenHubError("sync_wait_timeout", "No answer came within the time this request may wait."),
        ),
      onBroken: reject,
    },
  );
  signal.addEventListener("abort", cancel, { once: true });
  try {
    await submitRequest(deps.submit, submission);
    return await promise;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
