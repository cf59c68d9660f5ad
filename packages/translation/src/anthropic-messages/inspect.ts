import type { RequestInspection } from "../inspect-request.ts";
import { createInputEstimate, type InputEstimate } from "../input-estimate.ts";
import { jsonText, listOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import { utf8Length } from "../utf8-length.ts";

export function inspectAnthropicMessages(body: Record<string, unknown>): RequestInspection {
  const estimate = createInputEstimate();
  estimate.addText(addContent(body["system"], estimate));
  for (const message of objectsOf(body["messages"])) {
    estimate.addText(addContent(message["content"], estimate));
    // OpenAI's spelling, which is rewritten before the provider sees it.
    for (const call of objectsOf(message["tool_calls"])) {
      estimate.addText(byteLength(objectOf(call["function"])?.["arguments"]));
    }
  }
  for (const tool of listOf(body["tools"])) estimate.addTool(tool);
  const output = objectOf(body["output_config"]);
  if (objectOf(output?.["format"]) !== null || objectOf(body["output_format"]) !== null) {
    estimate.need("structured_output");
  }
  if (wantsReasoning(body["thinking"], output)) estimate.need("reasoning");
  return {
    model: textOf(body["model"]) || null,
    stream: body["stream"] === true,
    estimatedInputTokens: estimate.tokens,
    maxOutputTokens: numberOf(body["max_tokens"]),
    needs: estimate.needs(),
  };
}

function wantsReasoning(thinking: unknown, output: JsonObject | null): boolean {
  const type = textOf(objectOf(thinking)?.["type"]);
  return type === null ? textOf(output?.["effort"]) !== null : type !== "disabled";
}

/** Bytes of the text directly in a content; everything with its own rule is added to the estimate at once. */
function addContent(content: unknown, estimate: InputEstimate): number {
  if (typeof content === "string") return utf8Length(content);
  let bytes = 0;
  for (const block of objectsOf(content)) bytes += addBlock(block, estimate);
  return bytes;
}

function addBlock(block: JsonObject, estimate: InputEstimate): number {
  switch (block["type"]) {
    case "text":
      return byteLength(block["text"]);
    case "thinking":
      return byteLength(block["thinking"]);
    case "image":
      estimate.addMedia("image");
      return 0;
    case "document":
      return addDocument(objectOf(block["source"]), estimate);
    case "search_result":
      return textBytes(block["content"]);
    case "tool_use":
      estimate.addText(utf8Length(jsonText(block["input"] ?? {})));
      return 0;
    case "tool_result":
      estimate.addText(addToolResult(block["content"], estimate));
      return 0;
    default:
      return 0;
  }
}

/** Tool results do not nest, so their blocks are read one level deep only. */
function addToolResult(content: unknown, estimate: InputEstimate): number {
  if (typeof content === "string") return utf8Length(content);
  let bytes = 0;
  for (const block of objectsOf(content)) {
    if (block["type"] !== "tool_result") bytes += addBlock(block, estimate);
  }
  return bytes;
}

function addDocument(source: JsonObject | null, estimate: InputEstimate): number {
  if (source?.["type"] === "text") return byteLength(source["data"]);
  if (source?.["type"] === "content") {
    for (const block of objectsOf(source["content"])) {
      if (block["type"] === "image") estimate.addMedia("image");
    }
    return textBytes(source["content"]);
  }
  estimate.addMedia("document");
  return 0;
}

function textBytes(content: unknown): number {
  if (typeof content === "string") return utf8Length(content);
  return objectsOf(content).reduce((bytes, block) => bytes + byteLength(block["text"]), 0);
}

function byteLength(value: unknown): number {
  return typeof value === "string" ? utf8Length(value) : 0;
}
