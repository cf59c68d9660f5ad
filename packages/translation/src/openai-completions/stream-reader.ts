import type { CanonicalFrame } from "../canonical.ts";
import { objectOf, objectsOf, parseJson, textOf, type JsonObject } from "../json-value.ts";
import { parseOpenAiUsage } from "../openai-chat/convert-usage.ts";
import { parseOpenAiFinishReason } from "../openai-chat/map-finish-reason.ts";
import { notJsonFrame, readOpenAiError } from "../provider-stream-error.ts";
import type { StreamReader } from "../wire-format.ts";
import { parseLegacyLogprobs } from "./legacy-logprobs.ts";

/** Reads text completion chunks; the first choice is the answer. Usage is taken from wherever a chunk has it. */
export function createOpenAiCompletionsStreamReader(): StreamReader {
  let hasStarted = false;

  const readChunk = (chunk: JsonObject): CanonicalFrame[] => {
    const frames: CanonicalFrame[] = [];
    if (!hasStarted) {
      hasStarted = true;
      frames.push({ type: "start", id: textOf(chunk["id"]), model: textOf(chunk["model"]), usage: null });
    }
    for (const choice of objectsOf(chunk["choices"])) {
      if (typeof choice["index"] === "number" && choice["index"] !== 0) continue;
      const entries = parseLegacyLogprobs(choice["logprobs"]);
      if (entries.length > 0) frames.push({ type: "logprobs", entries });
      const text = textOf(choice["text"]) ?? "";
      if (text !== "") frames.push({ type: "text-delta", text });
      const raw = textOf(choice["finish_reason"]);
      if (raw === null) continue;
      const reason = parseOpenAiFinishReason(raw);
      frames.push({ type: "finish", finish: { reason, raw, stopSequence: null, explanation: null } });
    }
    const usage = parseOpenAiUsage(chunk["usage"]);
    if (usage !== null) frames.push({ type: "usage", usage });
    return frames;
  };

  return {
    read: ({ event, data }) => {
      if (data === "[DONE]") return [{ type: "end" }];
      const chunk = objectOf(parseJson(data));
      if (chunk === null) return [notJsonFrame];
      const error = readOpenAiError(chunk, event);
      return error === null ? readChunk(chunk) : [{ type: "error", error }];
    },
  };
}
