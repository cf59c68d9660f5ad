import type { Usage } from "@tokenhub/contracts";
import type { CanonicalFinish, CanonicalFrame } from "../canonical.ts";
import { encodeErrorBody } from "../encode-error-body.ts";
import type { JsonObject } from "../json-value.ts";
import type { StreamContext, StreamWriter } from "../wire-format.ts";
import { createBlockSequencer, type OutgoingBlock } from "./block-sequencer.ts";
import { messageId, stopDetails, unknownUsage } from "./build-response.ts";
import { formatAnthropicCounters, formatAnthropicUsage } from "./convert-usage.ts";
import { formatAnthropicStopReason } from "./map-stop-reason.ts";
import { callKey, createCallBlocks } from "./tool-call-blocks.ts";

const unfinished: CanonicalFinish = { reason: "other", raw: null, stopSequence: null, explanation: null };

/** One event with its `event:` line, without which the vendor's client skips it. */
export function formatAnthropicEvent(payload: JsonObject & { readonly type: string }): string {
  return `event: ${payload.type}\ndata: ${JSON.stringify(payload)}\n\n`;
}

/**
 * Writes Messages stream events: `message_start` with the input side of the usage (an estimate when the provider counts at
 * the end), blocks one after the other, `message_delta` with stop reason and final usage, `message_stop`.
 */
export function createAnthropicMessagesStreamWriter(context: StreamContext): StreamWriter {
  const sequencer = createBlockSequencer({
    start: (index, block) =>
      formatAnthropicEvent({ type: "content_block_start", index, content_block: block }),
    delta: (index, delta) => formatAnthropicEvent({ type: "content_block_delta", index, delta }),
    stop: (index) => formatAnthropicEvent({ type: "content_block_stop", index }),
  });
  const calls = createCallBlocks();
  let usage: Usage = unknownUsage(context.estimatedInputTokens ?? 0);
  let finish: CanonicalFinish | null = null;
  let hasStarted = false;
  let isClosed = false;
  let hasRefusal = false;
  /** The reasoning block that the latest piece of reasoning belongs to. */
  let reasoning = { signature: "" };
  let wholeBlocks = 0;

  const start = (): string => {
    if (hasStarted) return "";
    hasStarted = true;
    return formatAnthropicEvent({ type: "message_start", message: startMessage(context, usage) });
  };
  const putText = (key: "text" | "refusal", delta: JsonObject): string =>
    sequencer.put({
      key,
      delta,
      create: () => plainBlock(key, { type: "text", text: "", citations: null }),
    });
  const putReasoning = (delta: JsonObject | null): string =>
    sequencer.put({ key: "reasoning", delta, create: createReasoning });
  const createReasoning = (): OutgoingBlock => {
    const block = { signature: "" };
    reasoning = block;
    return {
      ...plainBlock("reasoning", { type: "thinking", thinking: "", signature: "" }),
      // In one piece: the vendor's client replaces, it does not append.
      closingDeltas: () =>
        block.signature === "" ? [] : [{ type: "signature_delta", signature: block.signature }],
    };
  };
  const addSignature = (signature: string): string => {
    const opening = putReasoning(null);
    reasoning.signature += signature;
    return opening;
  };
  const putWhole = (contentBlock: JsonObject, deltas: readonly JsonObject[]): string => {
    wholeBlocks += 1;
    const key = `whole:${wholeBlocks}`;
    const create = (): OutgoingBlock => ({
      ...plainBlock(key, contentBlock),
      closingDeltas: () => [...deltas],
    });
    return sequencer.put({ key, delta: null, create });
  };

  const write = (frame: CanonicalFrame): string => {
    switch (frame.type) {
      case "text-delta":
        return frame.text === "" ? "" : putText("text", { type: "text_delta", text: frame.text });
      case "citation":
        return putText("text", { type: "citations_delta", citation: frame.citation });
      case "refusal-delta":
        hasRefusal = true;
        return frame.text === "" ? "" : putText("refusal", { type: "text_delta", text: frame.text });
      case "reasoning-delta":
        return frame.text === "" ? "" : putReasoning({ type: "thinking_delta", thinking: frame.text });
      case "reasoning-signature":
        return addSignature(frame.signature);
      case "redacted-reasoning":
        return putWhole({ type: "redacted_thinking", data: frame.data }, []);
      case "tool-call-start":
        return sequencer.put({ key: callKey(frame.index), delta: null, create: () => calls.start(frame) });
      case "tool-call-delta":
        if (frame.text === "" || calls.isComplete(frame.index)) return "";
        return sequencer.put({
          key: callKey(frame.index),
          delta: { type: "input_json_delta", partial_json: calls.delta(frame) },
          create: () =>
            calls.start({ ...frame, type: "tool-call-start", id: "", name: "", isFreeText: false }),
        });
      case "native-block":
        return frame.format === "anthropic-messages" ? putWhole(...wholeBlock(frame.value)) : "";
      case "block-end":
        return sequencer.endBlock();
      case "finish":
        finish = frame.finish;
        return "";
      case "usage":
        usage = frame.usage;
        return "";
      case "start":
      case "logprobs":
      case "error":
      case "end":
        return "";
    }
  };

  const terminal = (): string => {
    const last = finish ?? unfinished;
    const stopReason = formatAnthropicStopReason(last, { hasToolCalls: calls.count > 0, hasRefusal });
    const delta = {
      stop_reason: stopReason,
      stop_sequence: last.stopSequence,
      stop_details: stopDetails(stopReason, last),
      container: null,
    };
    const counters = formatAnthropicCounters(usage);
    return (
      formatAnthropicEvent({ type: "message_delta", delta, usage: counters }) +
      formatAnthropicEvent({ type: "message_stop" })
    );
  };

  return {
    write: (frame) => {
      if (isClosed || frame.type === "end" || frame.type === "error") return "";
      if (frame.type === "start" && frame.usage !== null) usage = frame.usage;
      return start() + write(frame);
    },
    end: () => {
      if (isClosed) return "";
      const opening = start();
      isClosed = true;
      return opening + sequencer.flush() + terminal();
    },
    fail: ({ code, message }) => {
      if (isClosed) return "";
      isClosed = true;
      return formatAnthropicStreamError({ code, message, requestId: context.requestId });
    },
  };
}

/** The mid-stream error event: the official client throws it. */
export function formatAnthropicStreamError(
  error: Omit<Parameters<typeof encodeErrorBody>[1], "param">,
): string {
  return formatAnthropicEvent({ ...encodeErrorBody("anthropic", { ...error, param: null }), type: "error" });
}

function startMessage(context: StreamContext, usage: Usage): JsonObject {
  return {
    id: messageId(context),
    type: "message",
    role: "assistant",
    model: context.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: formatAnthropicUsage({ ...usage, outputTokens: 0, reasoningTokens: 0 }, null),
  };
}

function plainBlock(key: string, contentBlock: JsonObject): OutgoingBlock {
  return { key, contentBlock, isComplete: () => true, closingDeltas: () => [] };
}

/** A block of the vendor's own: an input travels as delta, as the vendor sends it, everything else in the start. */
function wholeBlock(value: JsonObject): [JsonObject, JsonObject[]] {
  if (value["type"] !== "server_tool_use") return [value, []];
  const delta = { type: "input_json_delta", partial_json: JSON.stringify(value["input"] ?? {}) };
  return [{ ...value, input: {} }, [delta]];
}
