import type { RequestInspection } from "../inspect-request.ts";
import { createInputEstimate, type InputEstimate } from "../input-estimate.ts";
import { listOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import { utf8Length } from "../utf8-length.ts";

export function inspectOpenAiResponses(body: Record<string, unknown>): RequestInspection {
  const estimate = createInputEstimate();
  estimate.addText(byteLength(body["instructions"]));
  estimate.addText(byteLength(body["input"]));
  for (const item of objectsOf(body["input"])) addItem(item, estimate);
  for (const tool of listOf(body["tools"])) estimate.addTool(tool);
  const format = objectOf(objectOf(body["text"])?.["format"])?.["type"];
  if (format === "json_schema" || format === "json_object") estimate.need("structured_output");
  const effort = textOf(objectOf(body["reasoning"])?.["effort"]);
  if (effort !== null && effort !== "none") estimate.need("reasoning");
  return {
    model: textOf(body["model"]) || null,
    stream: body["stream"] === true,
    estimatedInputTokens: estimate.tokens,
    maxOutputTokens: numberOf(body["max_output_tokens"]),
    needs: estimate.needs(),
  };
}

/** A message, the arguments of a call, its output, or the visible part of reasoning. */
function addItem(item: JsonObject, estimate: InputEstimate): void {
  const texts = ["arguments", "input"].map((member) => byteLength(item[member]));
  const contents = ["content", "output", "summary"].map((member) => contentBytes(item[member], estimate));
  estimate.addText([...texts, ...contents].reduce((sum, bytes) => sum + bytes, 0));
}

/** Bytes of a content's text; media are added to the estimate at once. */
function contentBytes(content: unknown, estimate: InputEstimate): number {
  if (typeof content === "string") return utf8Length(content);
  return objectsOf(content).reduce((bytes, part) => {
    if (part["type"] === "input_image") estimate.addMedia("image");
    if (part["type"] === "input_file") estimate.addMedia("document");
    if (part["type"] === "input_audio") estimate.addMedia("audio");
    return bytes + byteLength(part["text"]) + byteLength(part["refusal"]);
  }, 0);
}

function byteLength(value: unknown): number {
  return typeof value === "string" ? utf8Length(value) : 0;
}
