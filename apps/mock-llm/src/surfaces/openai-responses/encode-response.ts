import type { AnswerUsage } from "../../answer/answer.ts";
import { openAiFinishReason } from "../finish-reason.ts";
import type { Reply } from "../surface.ts";
import { completedItem, outputItems } from "./output-items.ts";

/** The body of a response that is not streamed, and the last word of one that is. */
export function encodeResponse(reply: Reply): Readonly<Record<string, unknown>> {
  const { answer, key, createdAtS } = reply;
  const reason = incompleteReason(reply);
  const isIncomplete = reason !== null;
  return {
    ...responseFields(reply),
    status: isIncomplete ? "incomplete" : "completed",
    completed_at: isIncomplete ? null : createdAtS,
    incomplete_details: isIncomplete ? { reason } : null,
    output: outputItems(answer, { key }).map((item) => completedItem(item, { isIncomplete })),
    ...(answer.usage === null ? {} : { usage: encodeUsage(answer.usage) }),
  };
}

/** A response that has only begun. */
export function encodeStartedResponse(reply: Reply): Readonly<Record<string, unknown>> {
  const running = { status: "in_progress", completed_at: null, incomplete_details: null };
  return { ...responseFields(reply), ...running, output: [], usage: null };
}

/** Why the response ends before its time; null when it does not. */
export function incompleteReason({ answer }: Reply): string | null {
  const reason = openAiFinishReason(answer.finishReason);
  if (reason === "length") return "max_output_tokens";
  return reason === "content_filter" ? reason : null;
}

function responseFields({ question, key, createdAtS }: Reply): Readonly<Record<string, unknown>> {
  const { body, model } = question;
  return {
    id: `resp_${key}`,
    object: "response",
    created_at: createdAtS,
    background: false,
    error: null,
    access_programs: null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    metadata: body["metadata"] ?? {},
    model,
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    previous_response_id: body["previous_response_id"] ?? null,
    reasoning: body["reasoning"] ?? { effort: null, summary: null },
    service_tier: "default",
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? 1,
    text: body["text"] ?? { format: { type: "text" } },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_p: body["top_p"] ?? 1,
    truncation: body["truncation"] ?? "disabled",
  };
}

function encodeUsage(usage: AnswerUsage): unknown {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
