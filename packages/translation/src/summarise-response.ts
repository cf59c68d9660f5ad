import type { FinishReason, Usage, WireFormatName } from "@tokenhub/contracts";
import { parseAnthropicUsage } from "./anthropic-messages/convert-usage.ts";
import { parseAnthropicStopReason } from "./anthropic-messages/map-stop-reason.ts";
import { estimateOutputTokens } from "./generated-text.ts";
import { listOf, objectOf, objectsOf, textOf, type JsonObject } from "./json-value.ts";
import { parseOpenAiUsage } from "./openai-chat/convert-usage.ts";
import { parseOpenAiFinishReason } from "./openai-chat/map-finish-reason.ts";
import { summariseOpenAiResponse } from "./openai-responses/summarise.ts";

export interface FinishSummary {
  readonly unified: FinishReason;
  readonly raw: string | null;
}

export interface ResponseSummary {
  /** Null when the provider did not say. */
  readonly usage: Usage | null;
  /** For an answer without `usage`: see `estimateOutputTokens`. 0 where the provider counted. */
  readonly estimatedOutputTokens: number;
  readonly finishReason: FinishSummary | null;
  readonly upstreamModel: string | null;
  /** The body has the form of an answer, however empty; false for JSON of any other kind. */
  readonly isAnswer: boolean;
  /** No text, reasoning, refusal, tool call, media or vector: nothing that a caller could use. */
  readonly isEmpty: boolean;
}

/** Reads what accounting needs off a provider's answer. Tolerant: a body of another shape is an empty answer. */
export function summariseResponse(format: WireFormatName, body: unknown): ResponseSummary {
  const answer = objectOf(body) ?? {};
  const summary = summarise(format, answer);
  const estimatedOutputTokens = summary.usage === null ? estimateOutputTokens(format, answer) : 0;
  return { ...summary, estimatedOutputTokens };
}

type Summary = Omit<ResponseSummary, "estimatedOutputTokens">;

function summarise(format: WireFormatName, answer: JsonObject): Summary {
  switch (format) {
    case "openai-chat":
      return summariseChat(answer);
    case "openai-completions":
      return summariseCompletion(answer);
    case "anthropic-messages":
      return summariseMessage(answer);
    case "openai-responses":
      return summariseOpenAiResponse(answer);
    case "openai-embeddings":
      return {
        usage: parseOpenAiUsage(answer["usage"]),
        finishReason: null,
        upstreamModel: textOf(answer["model"]),
        isAnswer: Array.isArray(answer["data"]),
        isEmpty: listOf(answer["data"]).length === 0,
      };
  }
}

function summariseCompletion(answer: JsonObject): Summary {
  const choices = objectsOf(answer["choices"]);
  const raw = textOf(choices[0]?.["finish_reason"]);
  return {
    usage: parseOpenAiUsage(answer["usage"]),
    finishReason: raw === null ? null : { unified: parseOpenAiFinishReason(raw), raw },
    upstreamModel: textOf(answer["model"]),
    isAnswer: typeof choices[0]?.["text"] === "string",
    isEmpty: !choices.some((choice) => isFilled(choice["text"])),
  };
}

function summariseChat(answer: JsonObject): Summary {
  const choices = objectsOf(answer["choices"]);
  const raw = textOf(choices[0]?.["finish_reason"]);
  return {
    usage: parseOpenAiUsage(answer["usage"]),
    finishReason: raw === null ? null : { unified: parseOpenAiFinishReason(raw), raw },
    upstreamModel: textOf(answer["model"]),
    isAnswer: objectOf(choices[0]?.["message"]) !== null,
    isEmpty: !choices.some((choice) => hasOpenAiContent(objectOf(choice["message"]))),
  };
}

/** Whether a message or a stream delta carries any part of an answer. */
export function hasOpenAiContent(message: JsonObject | null): boolean {
  if (message === null) return false;
  return (
    isFilled(message["content"]) ||
    isFilled(message["tool_calls"]) ||
    isFilled(message["reasoning_content"]) ||
    isFilled(message["reasoning"]) ||
    isFilled(message["reasoning_details"]) ||
    isFilled(message["refusal"]) ||
    objectOf(message["function_call"]) !== null ||
    objectOf(message["audio"]) !== null
  );
}

/** A text or list with something in it. */
export function isFilled(value: unknown): boolean {
  return typeof value === "string" || Array.isArray(value) ? value.length > 0 : false;
}

function summariseMessage(answer: JsonObject): Summary {
  const raw = textOf(answer["stop_reason"]);
  return {
    usage: parseAnthropicUsage(answer["usage"]),
    finishReason: raw === null ? null : { unified: parseAnthropicStopReason(raw), raw },
    upstreamModel: textOf(answer["model"]),
    isAnswer: Array.isArray(answer["content"]),
    isEmpty: !objectsOf(answer["content"]).some(hasAnthropicContent),
  };
}

/** Whether a content block, or the start of one, carries any part of an answer. */
export function hasAnthropicContent(block: JsonObject): boolean {
  switch (block["type"]) {
    case "text":
      return isFilled(block["text"]);
    case "thinking":
      return isFilled(block["thinking"]) || isFilled(block["signature"]);
    case undefined:
      return false;
    default:
      return true;
  }
}
