import type { WireFormatName } from "@tokenhub/contracts";
import { formatAnthropicEvent, formatAnthropicStreamError } from "./anthropic-messages/stream-writer.ts";
import { objectOf, parseJson } from "./json-value.ts";
import { mapResponseModel } from "./map-response-model.ts";
import { formatOpenAiStreamError } from "./openai-chat/stream-writer.ts";
import { createSseSplitter, splitSseBlocks } from "./sse-splitter.ts";
import type { StreamContext, StreamFailure } from "./wire-format.ts";
import type { StreamTranscoder } from "./stream-transcoder.ts";

/** An event without choices; in text only, so a match still has to be parsed. */
const emptyChoicesPattern = /"choices"\s*:\s*\[\s*\]/;
const blankLinesPattern = /^[\r\n]+/;
const openAiDone = "data: [DONE]\n\n";

/**
 * Passes a stream on in its own format. Whole events only, each byte for byte except: the model name where it differs, and
 * in OpenAI streams the usage chunk the caller did not ask for, which is dropped. A stream that ends without its terminal
 * event, although the answer is complete, is given one.
 */
export function createStreamPassThrough(format: WireFormatName, context: StreamContext): StreamTranscoder {
  const splitter = createSseSplitter();
  const isOpenAi = format !== "anthropic-messages";
  let isClosed = false;
  // The Anthropic model name occurs once, at the start.
  let isModelMapped = false;
  let hasFinish = false;
  let hasTerminal = false;

  const edit = (block: string): string => {
    const blank = blankLinesPattern.exec(block)?.[0] ?? "";
    const event = readBlock(block.slice(blank.length));
    if (event === null) return block;
    if (isOpenAi) {
      if (event.data === "[DONE]") hasTerminal = true;
      hasFinish = true;
      if (!context.includeUsage && isUsageChunk(event.data)) return blank;
    } else {
      isModelMapped ||= event.data.includes('"message_start"');
      hasFinish ||= event.data.includes('"message_delta"');
      hasTerminal ||= event.data.includes('"message_stop"');
    }
    const data = mapResponseModel(format, event.data, context.model);
    return data === event.data ? block : blank + replaceData(event, data);
  };

  const pass = (text: string): string => {
    if (text === "") return "";
    if (!isOpenAi && isModelMapped) {
      hasFinish ||= text.includes('"message_delta"');
      hasTerminal ||= text.includes('"message_stop"');
      return text;
    }
    return splitSseBlocks(text).map(edit).join("");
  };

  /** A last event whose blank line is missing; half an event is dropped, since clients throw on it. */
  const passRest = (): string => {
    const rest = splitter.takeRest();
    const event = readBlock(rest.replace(blankLinesPattern, ""));
    if (event === null) return /^[\r\n]*$/.test(rest) ? rest : "";
    const isWhole = event.data === "[DONE]" || objectOf(parseJson(event.data)) !== null;
    return isWhole ? pass(`${rest.replace(/[\r\n]+$/, "")}\n\n`) : "";
  };

  return {
    push: (text) => (isClosed ? "" : pass(splitter.push(text))),
    end: () => {
      if (isClosed) return "";
      isClosed = true;
      const rest = passRest();
      if (hasTerminal || !hasFinish || format === "openai-embeddings") return rest;
      return rest + (isOpenAi ? openAiDone : formatAnthropicEvent({ type: "message_stop" }));
    },
    fail: ({ code, message }: StreamFailure) => {
      if (isClosed) return "";
      isClosed = true;
      const error = { code, message, requestId: context.requestId };
      return isOpenAi ? formatOpenAiStreamError(error) : formatAnthropicStreamError(error);
    },
  };
}

interface BlockLines {
  readonly lines: readonly string[];
  readonly data: string;
}

/** The lines of one event with their line ends, and its data; null when it has none (comments, keep-alives). */
function readBlock(block: string): BlockLines | null {
  const lines = block.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+/g) ?? [];
  const data = lines.filter(isDataLine).map(dataOf);
  return data.length === 0 ? null : { lines, data: data.join("\n") };
}

function isDataLine(line: string): boolean {
  return line.startsWith("data:");
}

function dataOf(line: string): string {
  return line.slice(line.startsWith("data: ") ? 6 : 5).replace(/[\r\n]+$/, "");
}

/** The event with other data, of as many lines; every other line stays as it is. */
function replaceData(event: BlockLines, data: string): string {
  const dataLines = data.split("\n");
  let next = 0;
  const lines = event.lines.map((line) => {
    if (!isDataLine(line)) return line;
    const prefix = line.startsWith("data: ") ? "data: " : "data:";
    const lineEnd = /[\r\n]+$/.exec(line)?.[0] ?? "";
    const replacement = dataLines[next] ?? "";
    next += 1;
    return prefix + replacement + lineEnd;
  });
  return lines.join("");
}

/** The chunk that only reports usage: no choices. Chunks without choices that carry something else (filters) stay. */
function isUsageChunk(data: string): boolean {
  if (!emptyChoicesPattern.test(data)) return false;
  const chunk = objectOf(parseJson(data));
  const choices = chunk?.["choices"];
  return Array.isArray(choices) && choices.length === 0 && objectOf(chunk?.["usage"]) !== null;
}
