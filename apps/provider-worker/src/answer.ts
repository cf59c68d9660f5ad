import type { CallJob, Usage, WireFormatName } from "@tokenhub/contracts";
import { findProvider, servedAs, type ServedOperation } from "@tokenhub/providers";
import type { CallTarget } from "./handlers/execute-call.ts";

/** What the target's provider is asked to do for a request, and in which format; null when it cannot. */
export function servedBy(job: CallJob, { provider, model }: CallTarget): ServedOperation | null {
  const definition = findProvider(provider.type);
  if (definition === null) return null;
  return servedAs(definition, {
    operation: job.features.operation,
    callerFormat: job.features.wireFormat,
    upstreamModel: model.upstreamName,
    modelCapabilities: model.capabilities,
    options: provider.options,
  });
}

/** The format the target's provider answers in. */
export function answerFormat(job: CallJob, target: CallTarget): WireFormatName {
  return servedBy(job, target)?.wireFormat ?? job.features.wireFormat;
}

/**
 * The provider's usage, or an estimate when it did not report any: the request's own estimate for the input, and for the
 * output what the model wrote (a whole answer: floor(UTF-8 bytes / 4) of its text; a stream: its content events).
 */
export function usageOrEstimate(usage: Usage | null, job: CallJob, estimatedOutputTokens: number): Usage {
  return (
    usage ?? {
      inputTokens: job.features.estimatedInputTokens,
      outputTokens: estimatedOutputTokens,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      source: "estimated",
    }
  );
}
