import type { JsonObject } from "../json-value.ts";
import { itemEvents, type EmitEvent, type ItemPlace, type OpenItem } from "./output-item.ts";

/** A message on its way out: parts of text and refusals, one after the other. */
export interface MessageItem extends OpenItem {
  /** `logprobs`: of the tokens of this text. */
  addText(text: string, logprobs: readonly JsonObject[]): void;
  addRefusal(text: string): void;
  /** The latest part is finished: more text begins a new one. */
  endPart(): void;
}

interface Part {
  readonly type: "output_text" | "refusal";
  text: string;
  readonly logprobs: JsonObject[];
}

export function openMessageItem(emit: EmitEvent, place: ItemPlace): MessageItem {
  const { id } = place;
  const events = itemEvents(emit, place);
  const parts: Part[] = [];
  let open: Part | null = null;

  const message = (status: string): JsonObject => ({
    id,
    type: "message",
    status,
    role: "assistant",
    content: parts.map(formatPart),
  });
  const emitOfPart = (type: string, members: JsonObject): void =>
    emit(type, {
      item_id: id,
      output_index: place.outputIndex,
      content_index: parts.length - 1,
      ...members,
    });
  const endPart = (): void => {
    if (open === null) return;
    const { type, text, logprobs } = open;
    if (type === "refusal") emitOfPart("response.refusal.done", { refusal: text });
    else emitOfPart("response.output_text.done", { text, logprobs });
    emitOfPart("response.content_part.done", { part: formatPart(open) });
    open = null;
  };
  const partOf = (type: Part["type"]): Part => {
    if (open?.type === type) return open;
    endPart();
    const part: Part = { type, text: "", logprobs: [] };
    open = part;
    parts.push(part);
    emitOfPart("response.content_part.added", { part: formatPart(part) });
    return part;
  };

  events.added(message("in_progress"));
  return {
    addText: (text, logprobs) => {
      const part = partOf("output_text");
      part.text += text;
      part.logprobs.push(...logprobs);
      if (text !== "") emitOfPart("response.output_text.delta", { delta: text, logprobs });
    },
    addRefusal: (text) => {
      partOf("refusal").text += text;
      emitOfPart("response.refusal.delta", { delta: text });
    },
    endPart,
    close: (status) => {
      endPart();
      return events.done(message(status));
    },
    peek: () => message("incomplete"),
  };
}

function formatPart({ type, text, logprobs }: Part): JsonObject {
  if (type === "refusal") return { type, refusal: text };
  return { type, text, annotations: [], logprobs: [...logprobs] };
}
