import type { ProviderReply } from "@tokenhub/providers";
import type { JobOutcome } from "@tokenhub/queue";
import { renameToolsInResponse, summariseResponse } from "@tokenhub/translation";
import { answerFormat, usageOrEstimate } from "../answer.ts";
import type { CallDeps } from "../call-deps.ts";
import { failureOf } from "../call-failures.ts";
import { endRequest } from "../end-request.ts";
import { readGemma4Body } from "../read-gemma4-output.ts";
import { recoverFrom } from "../recover.ts";
import type { CallInFlight } from "./run-claimed-call.ts";

/** Commits a whole answer; JSON of another kind is a failure of the provider like any other. */
export async function deliverBody(
  deps: CallDeps,
  inFlight: CallInFlight,
  reply: Extract<ProviderReply, { kind: "body" }>,
): Promise<JobOutcome> {
  const { job, target, token, claim, startedAtMs } = inFlight;
  const wireFormat = answerFormat(job, target);
  const bodyText = readGemma4Body(reply.bodyText, { target, wireFormat });
  const json: unknown = bodyText === reply.bodyText ? reply.json : JSON.parse(bodyText);
  const summary = summariseResponse(wireFormat, json);
  if (!summary.isAnswer)
    return recoverFrom(deps, inFlight, { failure: failureOf("no_answer", job), frameCount: 0 });
  const durationMs = deps.now() - startedAtMs;
  return endRequest(deps, {
    job,
    token,
    failure: null,
    body: renameToolsInResponse(bodyText, {
      format: wireFormat,
      toolNameMap: target.model.toolNameMap,
    }),
    ambiguousCalls: claim.ambiguousCalls,
    attempts: [
      ...inFlight.history,
      { ...job.decision.chosen, round: job.round, startedAtMs, durationMs, failure: null, called: true },
    ],
    answer: {
      wireFormat,
      upstreamModel: summary.upstreamModel,
      finishReason: summary.finishReason,
      usage: usageOrEstimate(summary.usage, job, summary.estimatedOutputTokens),
      warnings: [...inFlight.warnings],
    },
    health: { kind: "success", latencyMs: durationMs },
  });
}
