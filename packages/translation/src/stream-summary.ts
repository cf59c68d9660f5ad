import type { Usage, WireFormatName } from "@tokenhub/contracts";
import { mergeAnthropicUsage, parseAnthropicUsage } from "./anthropic-messages/convert-usage.ts";
import { parseAnthropicStopReason } from "./anthropic-messages/map-stop-reason.ts";
import type { ProviderStreamError } from "./canonical.ts";
import { objectOf, objectsOf, parseJson, textOf, type JsonObject } from "./json-value.ts";
import { parseOpenAiUsage } from "./openai-chat/convert-usage.ts";
import { parseOpenAiFinishReason } from "./openai-chat/map-finish-reason.ts";
import { createOpenAiResponsesSummary } from "./openai-responses/summarise.ts";
import { notJsonError, readAnthropicError, readOpenAiError } from "./provider-stream-error.ts";
import { hasAnthropicContent, hasOpenAiContent, isFilled, type FinishSummary } from "./summarise-response.ts";
import type { SseEvent } from "./wire-format.ts";

export interface StreamObservation {
  /** The event carries part of the answer. */
  readonly hasContent: boolean;
  /** The stream's last event: `[DONE]`, `message_stop`, `response.completed`. */
  readonly isTerminal: boolean;
  /** The provider reported an error, or sent something that is no JSON. */
  readonly error: ProviderStreamError | null;
}

export interface StreamResult {
  /** Null when nothing was reported; `estimated` when the stream was cut before its final counts. */
  readonly usage: Usage | null;
  readonly finishReason: FinishSummary | null;
  readonly upstreamModel: string | null;
  /** The answer is complete: its finish reason or its last event was seen. */
  readonly sawTerminal: boolean;
}

/** Watches a provider's stream event by event without keeping any of its content. */
export interface StreamSummary {
  observe(event: SseEvent): StreamObservation;
  result(): StreamResult;
}

const nothing: StreamObservation = { hasContent: false, isTerminal: false, error: null };
const content: StreamObservation = { hasContent: true, isTerminal: false, error: null };
const terminal: StreamObservation = { hasContent: false, isTerminal: true, error: null };

/** Cheap: every chunk of every provider goes through it. Embeddings do not stream; their summary stays empty. */
export function createStreamSummary(format: WireFormatName): StreamSummary {
  switch (format) {
    case "openai-chat":
      return createOpenAiSummary((choice) => hasOpenAiContent(objectOf(choice["delta"])));
    case "openai-completions":
      return createOpenAiSummary((choice) => isFilled(choice["text"]));
    case "anthropic-messages":
      return createAnthropicSummary();
    case "openai-responses":
      return createOpenAiResponsesSummary();
    case "openai-embeddings":
      return {
        observe: () => nothing,
        result: () => ({ usage: null, finishReason: null, upstreamModel: null, sawTerminal: false }),
      };
  }
}

function failed(error: ProviderStreamError): StreamObservation {
  return { hasContent: false, isTerminal: false, error };
}

function createOpenAiSummary(hasContentIn: (choice: JsonObject) => boolean): StreamSummary {
  let usage: Usage | null = null;
  let rawFinish: string | null = null;
  let upstreamModel: string | null = null;
  let sawDone = false;

  const observeChunk = (chunk: JsonObject): boolean => {
    upstreamModel ??= textOf(chunk["model"]);
    if (chunk["usage"] !== undefined) usage = parseOpenAiUsage(chunk["usage"]) ?? usage;
    let hasContent = false;
    for (const choice of objectsOf(chunk["choices"])) {
      hasContent ||= hasContentIn(choice);
      const isFirst = (choice["index"] ?? 0) === 0;
      if (isFirst && typeof choice["finish_reason"] === "string") rawFinish = choice["finish_reason"];
    }
    return hasContent;
  };
  return {
    observe: ({ event, data }) => {
      if (data === "[DONE]") {
        sawDone = true;
        return terminal;
      }
      const chunk = objectOf(parseJson(data));
      if (chunk === null) return failed(notJsonError);
      const error = readOpenAiError(chunk, event);
      if (error !== null) return failed(error);
      return observeChunk(chunk) ? content : nothing;
    },
    result: () => ({
      usage,
      finishReason: finishSummary(rawFinish, parseOpenAiFinishReason),
      upstreamModel,
      sawTerminal: sawDone || rawFinish !== null,
    }),
  };
}

function createAnthropicSummary(): StreamSummary {
  let counters: JsonObject | null = null;
  let rawFinish: string | null = null;
  let upstreamModel: string | null = null;
  let sawStop = false;

  const observeEvent = (event: JsonObject): StreamObservation => {
    switch (event["type"]) {
      case "message_start": {
        const message = objectOf(event["message"]);
        upstreamModel = textOf(message?.["model"]);
        counters = mergeAnthropicUsage(counters, message?.["usage"]);
        return nothing;
      }
      case "content_block_start":
        return hasAnthropicContent(objectOf(event["content_block"]) ?? {}) ? content : nothing;
      case "content_block_delta":
        return content;
      case "message_delta":
        counters = mergeAnthropicUsage(counters, event["usage"]);
        rawFinish = textOf(objectOf(event["delta"])?.["stop_reason"]) ?? rawFinish;
        return nothing;
      case "message_stop":
        sawStop = true;
        return terminal;
      default:
        return nothing;
    }
  };
  return {
    observe: ({ data }) => {
      if (data === "[DONE]") return terminal;
      const event = objectOf(parseJson(data));
      if (event === null) return failed(notJsonError);
      const error = readAnthropicError(event);
      return error === null ? observeEvent(event) : failed(error);
    },
    result: () => {
      const reported = parseAnthropicUsage(counters);
      // Before the message_delta the output count is only a first guess.
      const usage: Usage | null =
        reported === null || rawFinish !== null ? reported : { ...reported, source: "estimated" };
      const finishReason = finishSummary(rawFinish, parseAnthropicStopReason);
      return { usage, finishReason, upstreamModel, sawTerminal: sawStop || rawFinish !== null };
    },
  };
}

function finishSummary(
  raw: string | null,
  parse: (raw: string | null) => FinishSummary["unified"],
): FinishSummary | null {
  return raw === null ? null : { unified: parse(raw), raw };
}
