import type { RequestInspection } from "../inspect-request.ts";
import { createInputEstimate, type InputEstimate } from "../input-estimate.ts";
import { listOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import { parseThinking } from "../thinking-config.ts";
import { utf8Length } from "../utf8-length.ts";

export function inspectOpenAiChat(body: Record<string, unknown>): RequestInspection {
  const estimate = createInputEstimate();
  for (const message of objectsOf(body["messages"])) addMessage(message, estimate);
  for (const tool of listOf(body["tools"])) estimate.addTool(tool);
  for (const tool of listOf(body["functions"])) estimate.addTool(tool);
  if (wantsStructure(body["response_format"])) estimate.need("structured_output");
  const effort = textOf(body["reasoning_effort"]);
  const thinking = parseThinking(body["thinking"]);
  const wantsThinking = effort === null && thinking !== null && thinking.mode !== "off";
  if ((effort !== null && effort !== "none") || wantsThinking) estimate.need("reasoning");
  return {
    model: textOf(body["model"]) || null,
    stream: body["stream"] === true,
    estimatedInputTokens: estimate.tokens,
    maxOutputTokens: numberOf(body["max_completion_tokens"]) ?? numberOf(body["max_tokens"]),
    needs: estimate.needs(),
  };
}

function wantsStructure(responseFormat: unknown): boolean {
  const type = objectOf(responseFormat)?.["type"];
  return type === "json_schema" || type === "json_object";
}

function addMessage(message: JsonObject, estimate: InputEstimate): void {
  let bytes = byteLength(message["refusal"]);
  // Counted as text of the message: it is given back to the model.
  bytes += byteLength(message["reasoning_content"]);
  if (typeof message["content"] === "string") bytes += utf8Length(message["content"]);
  for (const part of listOf(message["content"])) bytes += addPart(part, estimate);
  estimate.addText(bytes);
  for (const call of objectsOf(message["tool_calls"])) addCall(call, estimate);
  const legacyCall = objectOf(message["function_call"]);
  if (legacyCall !== null) estimate.addText(byteLength(legacyCall["arguments"]));
}

/** Bytes of the part's text; media are added to the estimate at once. */
function addPart(part: unknown, estimate: InputEstimate): number {
  if (typeof part === "string") return utf8Length(part);
  const object = objectOf(part);
  switch (object?.["type"]) {
    case "text":
      return byteLength(object["text"]);
    case "refusal":
      return byteLength(object["refusal"]);
    case "image_url":
      estimate.addMedia("image");
      return 0;
    case "input_audio":
      estimate.addMedia("audio");
      return 0;
    case "file":
      estimate.addMedia("document");
      return 0;
    default:
      return 0;
  }
}

function addCall(call: JsonObject, estimate: InputEstimate): void {
  const custom = objectOf(call["custom"]);
  estimate.addText(byteLength(objectOf(call["function"])?.["arguments"] ?? custom?.["input"]));
}

function byteLength(value: unknown): number {
  return typeof value === "string" ? utf8Length(value) : 0;
}
