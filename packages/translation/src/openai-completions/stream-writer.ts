import type { FinishReason, Usage } from "@tokenhub/contracts";
import type { CanonicalFrame } from "../canonical.ts";
import type { JsonObject } from "../json-value.ts";
import { createdSeconds } from "../openai-chat/build-response.ts";
import { formatOpenAiUsage } from "../openai-chat/convert-usage.ts";
import { formatOpenAiStreamError } from "../openai-chat/stream-writer.ts";
import type { StreamContext, StreamWriter } from "../wire-format.ts";
import { textCompletionId } from "./build-response.ts";
import { formatLegacyLogprobs } from "./legacy-logprobs.ts";
import { formatCompletionFinishReason } from "./map-finish-reason.ts";

/**
 * Writes text completion chunks: the echoed prompt, if any, the text piece by piece, one chunk with the finish reason, the
 * usage chunk when it was asked for and usage is known, `data: [DONE]`. Reasoning and tool calls have no place here.
 */
export function createOpenAiCompletionsStreamWriter(context: StreamContext): StreamWriter {
  const head = {
    id: textCompletionId(context),
    object: "text_completion",
    created: createdSeconds(context),
    model: context.model,
  };
  const echoed = context.echoedPrompt ?? "";
  let hasStarted = false;
  let isClosed = false;
  let finishReason: FinishReason = "other";
  let usage: Usage | null = null;
  let entries: JsonObject[] = [];
  let offset = echoed.length;

  const chunk = (choices: readonly JsonObject[], chunkUsage: JsonObject | null): string => {
    const usageMember = context.includeUsage ? { usage: chunkUsage } : {};
    return `data: ${JSON.stringify({ ...head, choices, ...usageMember })}\n\n`;
  };
  const choice = (text: string, reason: string | null): string => {
    const logprobs = formatLegacyLogprobs(entries, offset);
    entries = [];
    offset += text.length;
    return chunk([{ text, index: 0, logprobs, finish_reason: reason }], null);
  };
  const open = (): string => {
    if (hasStarted) return "";
    hasStarted = true;
    if (echoed === "") return "";
    return chunk([{ text: echoed, index: 0, logprobs: null, finish_reason: null }], null);
  };

  const write = (frame: CanonicalFrame): string => {
    switch (frame.type) {
      case "text-delta":
      case "refusal-delta":
        return frame.text === "" ? "" : open() + choice(frame.text, null);
      case "logprobs":
        entries.push(...frame.entries);
        return "";
      case "finish":
        finishReason = frame.finish.reason;
        return "";
      case "usage":
        usage = frame.usage;
        return "";
      case "start":
        return open();
      case "reasoning-delta":
      case "reasoning-signature":
      case "redacted-reasoning":
      case "tool-call-start":
      case "tool-call-delta":
      case "native-block":
      case "citation":
      case "block-end":
      case "error":
      case "end":
        return "";
    }
  };

  return {
    write: (frame) => (isClosed ? "" : write(frame)),
    end: () => {
      if (isClosed) return "";
      isClosed = true;
      const closing = open() + choice("", formatCompletionFinishReason(finishReason));
      const usageChunk = context.includeUsage && usage !== null ? chunk([], formatOpenAiUsage(usage)) : "";
      return `${closing}${usageChunk}data: [DONE]\n\n`;
    },
    fail: ({ code, message }) => {
      if (isClosed) return "";
      isClosed = true;
      return formatOpenAiStreamError({ code, message, requestId: context.requestId });
    },
  };
}
