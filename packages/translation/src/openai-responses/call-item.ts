import { createJsonProgress } from "../anthropic-messages/json-progress.ts";
import type { JsonObject } from "../json-value.ts";
import { itemEvents, type EmitEvent, type ItemPlace, type OpenItem } from "./output-item.ts";

/** A tool call on its way out. */
export interface CallItem extends OpenItem {
  /** A piece of the arguments, or of the free text. */
  add(text: string): void;
  readonly isFreeText: boolean;
  /** The arguments are complete JSON: nothing that matters can follow. Free text never is. */
  readonly isWhole: boolean;
}

export interface CallHead {
  readonly callId: string;
  readonly name: string;
  /** A custom tool, which takes text instead of JSON. */
  readonly isFreeText: boolean;
}

export function openCallItem(emit: EmitEvent, place: ItemPlace & CallHead): CallItem {
  const { id, outputIndex, callId, name, isFreeText } = place;
  const events = itemEvents(emit, place);
  const progress = createJsonProgress();
  const of = { item_id: id, output_index: outputIndex };
  let text = "";

  const item = (status: string): JsonObject =>
    isFreeText
      ? { id, type: "custom_tool_call", status, call_id: callId, name, input: text }
      : { id, type: "function_call", status, call_id: callId, name, arguments: text };

  events.added(item("in_progress"));
  return {
    isFreeText,
    get isWhole() {
      return !isFreeText && progress.isComplete;
    },
    add: (piece) => {
      text += piece;
      if (!isFreeText) progress.push(piece);
      const family = isFreeText ? "custom_tool_call_input" : "function_call_arguments";
      emit(`response.${family}.delta`, { ...of, delta: piece });
    },
    close: (status) => {
      if (isFreeText) emit("response.custom_tool_call_input.done", { ...of, input: text });
      else emit("response.function_call_arguments.done", { ...of, name, arguments: text });
      return events.done(item(status));
    },
    peek: () => item("incomplete"),
  };
}
