import { TokenHubError, type RequestResult, type StreamHead } from "@tokenhub/contracts";
import type { RunStore } from "@tokenhub/ledger";
import { reportOf, type RunReport } from "@tokenhub/orchestration";
import type { Response } from "express";
import { streamOfAnswer } from "../cache/replay-answer.ts";
import { answerEchoOf } from "../sync/answer-echo.ts";
import type { ReplySink } from "../sync/await-reply.ts";
import type { Carrier } from "../sync/carrier.ts";
import type { JsonObject } from "../sync/generation-endpoint.ts";
import type { Submission } from "../sync/submit-request.ts";
import type { SyncReply } from "../sync/sync-reply.ts";
import { setAnswerHeaders } from "../sync/result-headers.ts";
import type { PlannedRun } from "./plan-run.ts";
import { readRunBody } from "./run-body.ts";
import { submitRun, type SubmitRunDeps } from "./submit-run.ts";

export interface RunCarrierDeps extends SubmitRunDeps {
  readonly runs: Pick<RunStore, "create" | "load">;
  readonly onError: (error: unknown) => void;
}

/** How long an answer that comes too late may take to be told of the phases that are paid for. */
const lateReportMs = 1_000;

/**
 * A request that is an orchestration: it becomes a run, and the run's final answer becomes its own, whole or, for a caller who
 * wants a stream, as one that keeps alive while the phases run. Cancelling it stops the run.
 */
export function createRunCarrier(
  deps: RunCarrierDeps,
  { planned, submission, response }: { planned: PlannedRun; submission: Submission; response: Response },
): Carrier {
  const { input } = planned;
  const { runId, requestId } = input;
  let report: RunReport | null = null;

  const loadReport = async (): Promise<void> => {
    const loaded = await Promise.race([
      deps.runs.load(runId, { withInput: false }),
      new Promise<null>((resolve) => setTimeout(resolve, lateReportMs, null).unref()),
    ]);
    if (loaded !== null) report = reportOf(input, loaded.state);
  };

  function sinkFor(reply: SyncReply): ReplySink {
    if (submission.features.stream) reply.keepWaiting();
    const strange = (): void =>
      reply.onBroken(new TokenHubError("internal_error", "The answer of an orchestration came as a stream."));
    return {
      onHead: strange,
      onText: strange,
      onEnd(result, body) {
        const { completion, report: told } = readRunBody(body);
        report = told;
        // The final call's decision is one of several; what the headers say is of the whole run.
        const whole = { ...result, decision: null };
        const head = headOf(result, report, planned.warnings);
        setRunHeaders(response, result, head);
        if (result.failure !== null || completion === null) {
          reply.onEnd({ ...whole, failure: result.failure ?? nothingToShow }, "");
          return;
        }
        const text = JSON.stringify(completion);
        if (!submission.features.stream) reply.onEnd(whole, text);
        else sendStream(reply, { result: whole, text, head, submission });
      },
      onTimeout() {
        loadReport()
          .catch(deps.onError)
          .finally(() => reply.onTimeout());
      },
      onBroken: (error) => reply.onBroken(error),
    };
  }

  return {
    async submit() {
      response.setHeader("x-tokenhub-run", runId);
      response.setHeader("link", `</v1/orchestrations/${runId}>; rel="related"`);
      try {
        await submitRun(deps, input);
      } catch (error) {
        response.removeHeader("x-tokenhub-run");
        response.removeHeader("link");
        throw error;
      }
    },
    cancel() {
      deps.cancel(requestId);
      // Sent behind the cancellation on the same connection, so that whoever looks at the run finds it cancelled.
      deps.producer
        .addOrchestrate({ v: 1, runId, cause: "cancel", traceparent: input.traceparent })
        .catch(deps.onError);
    },
    sinkFor,
    run: { id: runId, mode: input.settings.mode },
    report: () => report,
  };
}

const nothingToShow: NonNullable<RequestResult["failure"]> = {
  class: "cancelled",
  code: "cancelled",
  message: "The orchestration was cancelled before it had an answer.",
  providerStatus: null,
  providerMessage: null,
  providerCode: null,
  retryAfterMs: null,
};

type AnswerHead = Pick<StreamHead, "modelId" | "providerId" | "reason" | "attempts" | "warnings">;

/** Who gave the final answer, why, and after how many calls. */
function headOf(result: RequestResult, report: RunReport | null, warnings: readonly string[]): AnswerHead {
  return {
    modelId: result.modelId ?? "",
    providerId: result.providerId ?? "",
    reason: report?.reason ?? "",
    attempts: report?.phases.length ?? 0,
    warnings: [...warnings, ...result.warnings],
  };
}

/** Before the first byte of an answer; of a failed run the number of its calls only. */
function setRunHeaders(response: Response, result: RequestResult, head: AnswerHead): void {
  if (response.headersSent) return;
  if (result.outcome === "succeeded") setAnswerHeaders(response, head);
  else response.setHeader("x-tokenhub-attempts", String(head.attempts));
}

interface AnswerToStream {
  readonly result: RequestResult;
  readonly text: string;
  readonly head: AnswerHead;
  readonly submission: Submission;
}

function sendStream(reply: SyncReply, { result, text, head, submission }: AnswerToStream): void {
  const { requestId, acceptedAtMs, features } = submission;
  const { wireFormat: callerFormat, estimatedInputTokens } = features;
  const origin = { requestId, acceptedAtMs, estimatedInputTokens };
  const echo = answerEchoOf({
    wireFormat: callerFormat,
    body: JSON.parse(submission.bodyText) as JsonObject,
  });
  const stream = streamOfAnswer({ result, origin, text }, { callerFormat, ...echo });
  reply.onHead({ ...stream.head, ...head });
  reply.onText(stream.text);
  reply.onEnd(result, "");
}
