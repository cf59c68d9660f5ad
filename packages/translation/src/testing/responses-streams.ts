import { encodeSseEvent } from "../encode-sse-event.ts";
import { isJsonObject, objectOf, objectsOf, type JsonObject } from "../json-value.ts";
import { readEvents } from "./streams.ts";

export interface ResponsesEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Responses stream text of these events, numbered from 0, each under the name of its type. */
export function responsesStream(events: readonly ResponsesEvent[]): string {
  return events
    .map((event, sequence_number) => JSON.stringify({ ...event, sequence_number }))
    .map((data, at) => encodeSseEvent({ event: events[at]?.type ?? null, data }))
    .join("");
}

/** A response as a provider sends it; what is left out is of one that has only begun. */
export function upstreamResponse(members: JsonObject = {}): JsonObject {
  const state = { status: "in_progress", output: [], usage: null, error: null, incomplete_details: null };
  return {
    id: "resp_up",
    object: "response",
    created_at: 1,
    model: "gpt-up",
    store: false,
    ...state,
    ...members,
  };
}

export function textItem(text: string): JsonObject {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { id: "msg_up", type: "message", status: "completed", role: "assistant", content };
}

function callItem(args: string): JsonObject {
  return {
    id: "fc_up",
    type: "function_call",
    status: "completed",
    call_id: "call_up",
    name: "f",
    arguments: args,
  };
}

export const upstreamUsage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 5, cache_write_tokens: 0 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 30,
};

/** A whole answer of reasoning, text and a call, streamed. */
export function upstreamAnswer(): string {
  const reasoning = { id: "rs_up", type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] };
  const of = (item_id: string, output_index: number): JsonObject => ({ item_id, output_index });
  const output = [reasoning, textItem("Hello wörld 👋"), callItem('{"a":[1]}')];
  return responsesStream([
    { type: "response.created", response: upstreamResponse() },
    { type: "response.in_progress", response: upstreamResponse() },
    { type: "response.output_item.added", output_index: 0, item: { ...reasoning, summary: [] } },
    {
      type: "response.reasoning_summary_part.added",
      ...of("rs_up", 0),
      summary_index: 0,
      part: { type: "summary_text", text: "" },
    },
    { type: "response.reasoning_summary_text.delta", ...of("rs_up", 0), summary_index: 0, delta: "Hm." },
    { type: "response.output_item.done", output_index: 0, item: reasoning },
    { type: "response.output_item.added", output_index: 1, item: { ...textItem(""), content: [] } },
    {
      type: "response.content_part.added",
      ...of("msg_up", 1),
      content_index: 0,
      part: { type: "output_text", text: "", annotations: [] },
    },
    {
      type: "response.output_text.delta",
      ...of("msg_up", 1),
      content_index: 0,
      delta: "Hello ",
      logprobs: [],
    },
    {
      type: "response.output_text.delta",
      ...of("msg_up", 1),
      content_index: 0,
      delta: "wörld 👋",
      logprobs: [],
    },
    { type: "response.output_item.done", output_index: 1, item: textItem("Hello wörld 👋") },
    { type: "response.output_item.added", output_index: 2, item: callItem("") },
    { type: "response.function_call_arguments.delta", ...of("fc_up", 2), delta: '{"a":' },
    { type: "response.function_call_arguments.delta", ...of("fc_up", 2), delta: "[1]}" },
    { type: "response.output_item.done", output_index: 2, item: callItem('{"a":[1]}') },
    {
      type: "response.completed",
      response: upstreamResponse({ status: "completed", output, usage: upstreamUsage }),
    },
  ]);
}

/**
 * The output put together from the events alone, which must be numbered from 0 and refer to what was begun, and the
 * response of the last event.
 */
export function accumulateResponses(text: string): {
  readonly types: readonly string[];
  readonly output: readonly JsonObject[];
  readonly last: JsonObject;
} {
  const types: string[] = [];
  const output: JsonObject[] = [];
  let last: JsonObject = {};
  for (const [number, { event, data }] of readEvents(text).entries()) {
    if (!isJsonObject(data) || data["type"] !== event)
      throw new Error(`An event is not what its name says: ${event}`);
    if (data["sequence_number"] !== number) throw new Error(`Event ${number} has another number.`);
    types.push(String(event));
    last = objectOf(data["response"]) ?? last;
    const at = data["output_index"];
    if (typeof at !== "number") continue;
    if (event === "response.output_item.added") {
      if (at !== output.length) throw new Error("An item began out of order.");
      output.push(structuredClone(objectOf(data["item"]) ?? {}));
      continue;
    }
    const item = output[at];
    if (item === undefined || (data["item_id"] ?? item["id"]) !== item["id"]) {
      throw new Error(`${event} without its item.`);
    }
    applyToItem(item, data);
    if (event === "response.output_item.done") {
      const { status: _before, ...grown } = item;
      const { status: _after, encrypted_content: _content, ...done } = objectOf(data["item"]) ?? {};
      const { encrypted_content: _begun, ...plain } = grown;
      if (JSON.stringify(done) !== JSON.stringify(plain))
        throw new Error("An item is not what its deltas made.");
      output[at] = objectOf(data["item"]) ?? {};
    }
  }
  return { types, output, last };
}

function applyToItem(item: JsonObject, event: JsonObject): void {
  const delta = String(event["delta"]);
  const part = objectsOf(item["content"])[Number(event["content_index"])];
  const summary = objectsOf(item["summary"])[Number(event["summary_index"])];
  switch (event["type"]) {
    case "response.content_part.added":
      item["content"] = [...objectsOf(item["content"]), event["part"]];
      break;
    case "response.reasoning_summary_part.added":
      item["summary"] = [...objectsOf(item["summary"]), event["part"]];
      break;
    case "response.output_text.delta":
      if (part === undefined) throw new Error("A delta without its part.");
      part["text"] = `${String(part["text"])}${delta}`;
      if (objectsOf(event["logprobs"]).length > 0) {
        part["logprobs"] = [...objectsOf(part["logprobs"]), ...objectsOf(event["logprobs"])];
      }
      break;
    case "response.refusal.delta":
      if (part === undefined) throw new Error("A delta without its part.");
      part["refusal"] = `${String(part["refusal"])}${delta}`;
      break;
    case "response.reasoning_summary_text.delta":
      if (summary === undefined) throw new Error("A delta without its part.");
      summary["text"] = `${String(summary["text"])}${delta}`;
      break;
    case "response.function_call_arguments.delta":
      item["arguments"] = `${String(item["arguments"])}${delta}`;
      break;
    case "response.custom_tool_call_input.delta":
      item["input"] = `${String(item["input"])}${delta}`;
      break;
    default:
  }
}
