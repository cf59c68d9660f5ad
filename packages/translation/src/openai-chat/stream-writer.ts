import type { ErrorCode, Usage } from "@tokenhub/contracts";
import type { CanonicalFinish, CanonicalFrame } from "../canonical.ts";
import { encodeErrorBody } from "../encode-error-body.ts";
import type { JsonObject } from "../json-value.ts";
import type { StreamContext, StreamWriter } from "../wire-format.ts";
import { completionId, createdSeconds } from "./build-response.ts";
import { formatOpenAiUsage } from "./convert-usage.ts";
import { formatOpenAiFinishReason } from "./map-finish-reason.ts";

const unfinished: CanonicalFinish = { reason: "other", raw: null, stopSequence: null, explanation: null };

/**
 * Writes chat completion chunks: the role in the first delta, a tool call's id and name in its first delta, one chunk with
 * the finish reason, the usage chunk when it was asked for and usage is known, `data: [DONE]`.
 * Reasoning travels as `reasoning_content` and, for what must be given back, as fragments of `reasoning_details`.
 */
export function createOpenAiChatStreamWriter(context: StreamContext): StreamWriter {
  const head = {
    id: completionId(context),
    object: "chat.completion.chunk",
    created: createdSeconds(context),
  };
  let hasRole = false;
  let isClosed = false;
  let finish: CanonicalFinish | null = null;
  let usage: Usage | null = null;
  let reasoningIndex = 0;
  let isReasoning = false;
  let logprobs: JsonObject[] = [];

  const chunk = (choices: readonly JsonObject[], chunkUsage: JsonObject | null): string => {
    const usageMember = context.includeUsage ? { usage: chunkUsage } : {};
    return `data: ${JSON.stringify({ ...head, model: context.model, choices, ...usageMember })}\n\n`;
  };
  const choice = (delta: JsonObject, finishReason: string | null): string => {
    const hasPlace = finishReason !== null || typeof delta["content"] === "string";
    return chunk(
      [{ index: 0, delta, logprobs: hasPlace ? takeLogprobs() : null, finish_reason: finishReason }],
      null,
    );
  };
  const takeLogprobs = (): JsonObject | null => {
    if (logprobs.length === 0) return null;
    const content = logprobs;
    logprobs = [];
    return { content, refusal: null };
  };
  const openRole = (): string => {
    if (hasRole) return "";
    hasRole = true;
    const delta = { role: "assistant", content: "", refusal: null };
    return chunk([{ index: 0, delta, logprobs: null, finish_reason: null }], null);
  };
  const delta = (members: JsonObject): string => openRole() + choice(members, null);

  const endReasoning = (): void => {
    if (isReasoning) reasoningIndex += 1;
    isReasoning = false;
  };
  const reasoning = (text: string, signature: string | null): string => {
    isReasoning = true;
    const detail = { type: "reasoning.text", index: reasoningIndex, text, signature };
    const textMember = text === "" ? {} : { reasoning_content: text };
    return delta({ ...textMember, reasoning_details: [detail] });
  };
  const redacted = (data: string): string => {
    endReasoning();
    const detail = { type: "reasoning.encrypted", index: reasoningIndex, data };
    reasoningIndex += 1;
    return delta({ reasoning_details: [detail] });
  };

  const write = (frame: CanonicalFrame): string => {
    if (frame.type !== "reasoning-delta" && frame.type !== "reasoning-signature") endReasoning();
    switch (frame.type) {
      case "start":
        return openRole();
      case "logprobs":
        logprobs.push(...frame.entries);
        return "";
      case "text-delta":
        return frame.text === "" ? "" : delta({ content: frame.text });
      case "refusal-delta":
        return frame.text === "" ? "" : delta({ refusal: frame.text });
      case "reasoning-delta":
        return frame.text === "" ? "" : reasoning(frame.text, null);
      case "reasoning-signature":
        return reasoning("", frame.signature);
      case "redacted-reasoning":
        return redacted(frame.data);
      case "tool-call-start":
        return delta({ tool_calls: [callStart(frame)] });
      case "tool-call-delta":
        return frame.text === "" ? "" : delta({ tool_calls: [callDelta(frame)] });
      case "finish":
        finish = frame.finish;
        return "";
      case "usage":
        usage = frame.usage;
        return "";
      case "error":
      case "native-block":
      case "citation":
      case "block-end":
      case "end":
        return "";
    }
  };

  // Which calls take free text is said once, at their start.
  const freeTextCalls = new Set<number>();
  const callStart = (frame: Extract<CanonicalFrame, { type: "tool-call-start" }>): JsonObject => {
    const { index, id, name, isFreeText } = frame;
    if (!isFreeText) return { index, id, type: "function", function: { name, arguments: "" } };
    freeTextCalls.add(index);
    return { index, id, type: "custom", custom: { name, input: "" } };
  };
  const callDelta = (frame: Extract<CanonicalFrame, { type: "tool-call-delta" }>): JsonObject => {
    const { index, text } = frame;
    return freeTextCalls.has(index)
      ? { index, custom: { input: text } }
      : { index, function: { arguments: text } };
  };

  return {
    write: (frame) => (isClosed ? "" : write(frame)),
    end: () => {
      if (isClosed) return "";
      const opening = openRole();
      isClosed = true;
      const { explanation } = finish ?? unfinished;
      const refusal = explanation === null ? "" : choice({ refusal: explanation }, null);
      const reason = choice({}, formatOpenAiFinishReason(finish ?? unfinished));
      const usageChunk = context.includeUsage && usage !== null ? chunk([], formatOpenAiUsage(usage)) : "";
      return `${opening}${refusal}${reason}${usageChunk}data: [DONE]\n\n`;
    },
    fail: ({ code, message }) => {
      if (isClosed) return "";
      isClosed = true;
      return formatOpenAiStreamError({ code, message, requestId: context.requestId });
    },
  };
}

/** The mid-stream error event: the official client throws it with its code. */
export function formatOpenAiStreamError(error: {
  readonly code: ErrorCode;
  readonly message: string;
  readonly requestId: string;
}): string {
  const body = encodeErrorBody("openai", { ...error, param: null });
  return `data: ${JSON.stringify(body)}\n\n`;
}
