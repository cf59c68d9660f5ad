import type { AnswerEncoder } from "../../sync/generation-endpoint.ts";

/** The native answer: who answered, what it cost and why, beside the answer in the OpenAI chat format. */
export function encodeNativeAnswer(clientRequestId: string | null): AnswerEncoder {
  return ({ text, result, run }) =>
    JSON.stringify({
      id: result.requestId,
      ...(clientRequestId === null ? {} : { client_request_id: clientRequestId }),
      negotiated_model: result.modelId,
      provider: result.providerId,
      estimated_cost_usd: result.costUsd ?? result.decision?.estimatedCostUsd ?? null,
      routing_reason: run?.reason ?? result.decision?.reason ?? null,
      attempts: run?.phases.length ?? result.attempts.filter(({ called }) => called).length,
      response: JSON.parse(text) as unknown,
    });
}
