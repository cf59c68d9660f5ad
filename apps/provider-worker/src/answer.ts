import type { CallJob, Usage, WireFormatName } from "@tokenhub/contracts";
import { findProvider } from "@tokenhub/providers";
import type { CallTarget } from "./handlers/execute-call.ts";

/** The format the target's provider answers in. */
export function answerFormat(job: CallJob, target: CallTarget): WireFormatName {
  return findProvider(target.provider.type)?.wireFormats[job.features.operation] ?? job.features.wireFormat;
}

/** The provider's usage, or an estimate when it did not report any. */
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
