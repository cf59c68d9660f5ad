import { isJsonObject, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import { readEvents } from "./streams.ts";

/** The content of a whole message, put together from an Anthropic stream; throws where blocks are not properly nested. */
export function accumulateAnthropic(text: string): {
  readonly content: JsonObject[];
  readonly end: JsonObject;
} {
  const content: JsonObject[] = [];
  let open: number | null = null;
  let input = "";
  let end: JsonObject = {};
  for (const { event, data } of readEvents(text)) {
    if (!isJsonObject(data) || data["type"] !== event)
      throw new Error(`An event is not what its name says: ${event}`);
    const block = content.at(-1);
    switch (event) {
      case "content_block_start":
        if (open !== null || data["index"] !== content.length)
          throw new Error("A block started out of order.");
        open = content.length;
        input = "";
        content.push({ ...objectOf(data["content_block"]) });
        break;
      case "content_block_delta": {
        if (open === null || data["index"] !== open || block === undefined)
          throw new Error("A delta without its block.");
        const delta = objectOf(data["delta"]) ?? {};
        if (delta["type"] === "text_delta")
          block["text"] = `${textOf(block["text"])}${textOf(delta["text"])}`;
        if (delta["type"] === "thinking_delta") {
          block["thinking"] = `${textOf(block["thinking"])}${textOf(delta["thinking"])}`;
        }
        if (delta["type"] === "signature_delta") block["signature"] = delta["signature"];
        if (delta["type"] === "input_json_delta") input += textOf(delta["partial_json"]);
        break;
      }
      case "content_block_stop":
        if (open === null || data["index"] !== open || block === undefined)
          throw new Error("A stop without its block.");
        if (block["type"] === "tool_use" && input !== "") block["input"] = JSON.parse(input);
        open = null;
        break;
      case "message_delta":
        if (open !== null) throw new Error("The message ended inside a block.");
        end = { ...objectOf(data["delta"]), usage: data["usage"] };
        break;
      case null:
      default:
    }
  }
  return { content, end };
}

/** The message of a whole completion, put together from an OpenAI stream. */
export function accumulateOpenAi(text: string): {
  readonly message: JsonObject;
  readonly finishReason: string | null;
  readonly usage: unknown;
} {
  const texts: Record<string, string> = {};
  const calls: { id: string; name: string; arguments: string }[] = [];
  const details: unknown[] = [];
  let finishReason: string | null = null;
  let usage: unknown = null;
  for (const { data } of readEvents(text)) {
    if (!isJsonObject(data)) continue;
    usage = data["usage"] ?? usage;
    for (const choice of objectsOf(data["choices"])) {
      finishReason = textOf(choice["finish_reason"]) ?? finishReason;
      const delta = objectOf(choice["delta"]) ?? {};
      for (const key of ["content", "refusal", "reasoning_content"]) {
        const piece = textOf(delta[key]);
        if (piece !== null) texts[key] = (texts[key] ?? "") + piece;
      }
      details.push(...objectsOf(delta["reasoning_details"]));
      for (const call of objectsOf(delta["tool_calls"])) {
        const index = Number(call["index"]);
        const called = objectOf(call["function"]) ?? {};
        const known = calls[index] ?? { id: "", name: "", arguments: "" };
        known.id += textOf(call["id"]) ?? "";
        known.name += textOf(called["name"]) ?? "";
        known.arguments += textOf(called["arguments"]) ?? "";
        calls[index] = known;
      }
    }
  }
  const tool_calls = calls.map(({ id, ...called }) => ({ id, type: "function", function: called }));
  const message = { ...texts, ...(calls.length > 0 ? { tool_calls } : {}), reasoning_details: details };
  return { message, finishReason, usage };
}
