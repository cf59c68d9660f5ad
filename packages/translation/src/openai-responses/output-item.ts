import type { JsonObject } from "../json-value.ts";

/** Takes the events of an output item; their numbers are not the item's business. */
export type EmitEvent = (type: string, members: JsonObject) => void;

export interface ItemPlace {
  readonly id: string;
  readonly outputIndex: number;
}

/** An output item that is being written. */
export interface OpenItem {
  /** Writes the closing events. Nothing may be added afterwards. */
  close(status: "completed" | "incomplete"): JsonObject;
  /** The item as far as it is written, for an answer that breaks off. */
  peek(): JsonObject;
}

/** The events that begin and end every item. */
export function itemEvents(
  emit: EmitEvent,
  { outputIndex }: ItemPlace,
): { readonly added: (item: JsonObject) => void; readonly done: (item: JsonObject) => JsonObject } {
  return {
    added: (item) => emit("response.output_item.added", { output_index: outputIndex, item }),
    done: (item) => {
      emit("response.output_item.done", { output_index: outputIndex, item });
      return item;
    },
  };
}
