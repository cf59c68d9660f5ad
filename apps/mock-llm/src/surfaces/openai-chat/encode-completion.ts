import type { Answer } from "../../answer/answer.ts";
import { openAiFinishReason } from "../finish-reason.ts";
import { openAiUsage } from "../openai-usage.ts";
import type { Reply } from "../surface.ts";

/** The body of a chat completion that is not streamed. */
export function encodeChatCompletion({ question, answer, key, createdAtS }: Reply): unknown {
  const message = encodeMessage(answer);
  const finishReason = openAiFinishReason(answer.finishReason);
  return {
    id: `chatcmpl-${key}`,
    object: "chat.completion",
    created: createdAtS,
    model: question.model,
    choices: Array.from({ length: question.choices }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: finishReason,
    })),
    ...(answer.usage === null ? {} : { usage: openAiUsage(answer.usage) }),
    service_tier: "default",
    system_fingerprint: "fp_mock",
  };
}

function encodeMessage(answer: Answer): unknown {
  return {
    role: "assistant",
    content: answer.text,
    refusal: null,
    ...(answer.reasoning === null ? {} : { reasoning_content: answer.reasoning }),
    ...(answer.toolCalls.length === 0
      ? {}
      : {
          tool_calls: answer.toolCalls.map((call) => ({
            id: `call_${call.key}`,
            type: "function",
            function: { name: call.name, arguments: call.argumentsText },
          })),
        }),
  };
}
