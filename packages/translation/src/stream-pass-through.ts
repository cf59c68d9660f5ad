import type { WireFormatName } from "@tokenhub/contracts";
import { formatAnthropicEvent, formatAnthropicStreamError } from "./anthropic-messages/stream-writer.ts";
import { objectOf, parseJson } from "./json-value.ts";
import { scanJsonObject } from "./json-scanner.ts";
import { mapResponseModel } from "./map-response-model.ts";
import { formatOpenAiStreamError } from "./openai-chat/stream-writer.ts";
import { createResponsesPassage } from "./openai-responses/pass-through.ts";
import { isWholeData, readSseBlock, replaceSseData } from "./sse-block.ts";
import { createSseSplitter, splitSseBlocks } from "./sse-splitter.ts";
import type { StreamContext } from "./wire-format.ts";
import type { StreamTranscoder } from "./stream-transcoder.ts";

/** Rules of one format for a stream that stays in it. */
interface PassThroughRules {
  /** The event's data as the caller gets it; null drops the event. */
  edit(data: string): string | null;
  /** True once nothing can need editing any more: from then on text is passed on unread. */
  isSettled(): boolean;
  /** Sees text that is passed on unread. */
  watch(text: string): void;
  /** The terminal event, where the answer is complete and the provider left it out. */
  missingEnd(): string;
  formatError(error: Parameters<typeof formatOpenAiStreamError>[0]): string;
}

/**
 * Passes a stream on in its own format. Whole events only, each byte for byte except: the model name where it differs, and
 * in OpenAI streams the usage chunk the caller did not ask for, which is dropped. A stream that ends without its terminal
 * event, although the answer is complete, is given one.
 */
export function createStreamPassThrough(format: WireFormatName, context: StreamContext): StreamTranscoder {
  const splitter = createSseSplitter();
  const rules = rulesOf(format, context);
  let isClosed = false;

  const editBlock = (text: string): string => {
    const block = readSseBlock(text);
    if (block === null) return text;
    const data = rules.edit(block.data);
    if (data === block.data) return text;
    return data === null ? block.blankLines : replaceSseData(text, data);
  };
  const pass = (text: string): string => {
    if (!rules.isSettled()) return splitSseBlocks(text).map(editBlock).join("");
    rules.watch(text);
    return text;
  };
  /** A last event whose blank line is missing; half an event is dropped, since clients throw on it. */
  const passRest = (): string => {
    const rest = splitter.takeRest().replace(/[\r\n]+$/, "");
    const block = readSseBlock(rest);
    return block !== null && isWholeData(block.data) ? pass(`${rest}\n\n`) : "";
  };
  return {
    push: (text) => (isClosed ? "" : pass(splitter.push(text))),
    end: () => {
      if (isClosed) return "";
      isClosed = true;
      return passRest() + rules.missingEnd();
    },
    fail: ({ code, message }) => {
      if (isClosed) return "";
      isClosed = true;
      return rules.formatError({ code, message, requestId: context.requestId });
    },
  };
}

function rulesOf(format: WireFormatName, context: StreamContext): PassThroughRules {
  if (format === "anthropic-messages") return anthropicRules(context);
  return format === "openai-responses" ? responsesRules(context) : openAiRules(context);
}

const finishPattern = /"finish_reason"\s*:\s*"/;
const emptyChoicesPattern = /"choices"\s*:\s*\[\s*\]/;

function openAiRules(context: StreamContext): PassThroughRules {
  const mapModel = createModelMapper(context.model);
  let hasFinish = false;
  let hasEnd = false;
  return {
    edit: (data) => {
      if (data === "[DONE]") {
        hasEnd = true;
        return data;
      }
      hasFinish ||= !data.includes('"finish_reason":null') && finishPattern.test(data);
      if (!context.includeUsage && isUsageChunk(data)) return null;
      return mapModel(data);
    },
    isSettled: () => false,
    watch: () => undefined,
    missingEnd: () => (hasFinish && !hasEnd ? "data: [DONE]\n\n" : ""),
    formatError: formatOpenAiStreamError,
  };
}

/** Without its terminal event a response is not complete, so none is made up. */
function responsesRules(context: StreamContext): PassThroughRules {
  return {
    ...createResponsesPassage(context),
    isSettled: () => false,
    watch: () => undefined,
    missingEnd: () => "",
  };
}

/** The chunk that only reports usage: no choices. Chunks without choices that carry something else (filters) stay. */
function isUsageChunk(data: string): boolean {
  // Almost every chunk has a delta; this is the cheapest way to say no.
  if (data.includes('"delta"') || !emptyChoicesPattern.test(data)) return false;
  const chunk = objectOf(parseJson(data));
  const choices = chunk?.["choices"];
  return Array.isArray(choices) && choices.length === 0 && objectOf(chunk?.["usage"]) !== null;
}

/**
 * {@link mapResponseModel} for the chunks of one OpenAI stream. They begin with the same members, the model among them, so
 * what was worked out for one beginning serves for every chunk that shares it.
 */
function createModelMapper(model: string): (data: string) => string {
  const replacement = JSON.stringify(model);
  let head = "";
  let mappedHead = "";
  return (data) => {
    // A second member of that name would have to be replaced too: then the shortcut does not hold.
    if (head !== "" && data.startsWith(head) && !data.includes('"model"', head.length)) {
      return mappedHead === head ? data : mappedHead + data.slice(head.length);
    }
    const named = (scanJsonObject(data) ?? []).filter((member) => member.key === "model");
    const [member] = named;
    if (member === undefined || named.length > 1) return mapResponseModel("openai-chat", data, model);
    head = data.slice(0, member.end);
    mappedHead = data.slice(0, member.valueStart) + replacement;
    return mappedHead + data.slice(member.end);
  };
}

/** The model name and the stop reason occur once each: between them text is only watched. */
function anthropicRules(context: StreamContext): PassThroughRules {
  let hasStart = false;
  let hasFinish = false;
  let hasEnd = false;
  const watch = (text: string): void => {
    hasFinish ||= text.includes('"message_delta"');
    hasEnd ||= text.includes('"message_stop"');
  };
  return {
    edit: (data) => {
      hasStart ||= data.includes('"message_start"');
      watch(data);
      return mapResponseModel("anthropic-messages", data, context.model);
    },
    isSettled: () => hasStart,
    watch,
    missingEnd: () => (hasFinish && !hasEnd ? formatAnthropicEvent({ type: "message_stop" }) : ""),
    formatError: formatAnthropicStreamError,
  };
}
