import type { JsonObject } from "../json-value.ts";
import { formatEncryptedContent } from "./carried-reasoning.ts";
import { itemEvents, type EmitEvent, type ItemPlace, type OpenItem } from "./output-item.ts";

/** Visible reasoning on its way out: one summary part, and the signature with which it is given back. */
export interface ReasoningItem extends OpenItem {
  addText(text: string): void;
  addSignature(signature: string): void;
}

export function openReasoningItem(emit: EmitEvent, place: ItemPlace): ReasoningItem {
  const { id } = place;
  const events = itemEvents(emit, place);
  let text = "";
  let signature: string | null = null;

  const item = (): JsonObject => {
    const summary = text === "" ? [] : [summaryPart(text)];
    return reasoningItem(id, {
      summary,
      encrypted: formatEncryptedContent({ type: "reasoning", text, signature }),
    });
  };
  const emitOfPart = (type: string, members: JsonObject): void =>
    emit(type, { item_id: id, output_index: place.outputIndex, summary_index: 0, ...members });

  events.added(reasoningItem(id, { summary: [], encrypted: null }));
  return {
    addText: (piece) => {
      if (text === "") emitOfPart("response.reasoning_summary_part.added", { part: summaryPart("") });
      text += piece;
      emitOfPart("response.reasoning_summary_text.delta", { delta: piece });
    },
    addSignature: (piece) => {
      signature = (signature ?? "") + piece;
    },
    close: () => {
      if (text !== "") {
        emitOfPart("response.reasoning_summary_text.done", { text });
        emitOfPart("response.reasoning_summary_part.done", { part: summaryPart(text) });
      }
      return events.done(item());
    },
    peek: item,
  };
}

/** Reasoning that only its vendor can read: written in one piece. */
export function writeRedactedReasoning(
  emit: EmitEvent,
  input: ItemPlace & { readonly data: string },
): JsonObject {
  const events = itemEvents(emit, input);
  const encrypted = formatEncryptedContent({ type: "redacted-reasoning", data: input.data });
  const item = reasoningItem(input.id, { summary: [], encrypted });
  events.added(item);
  return events.done(item);
}

function summaryPart(text: string): JsonObject {
  return { type: "summary_text", text };
}

function reasoningItem(
  id: string,
  { summary, encrypted }: { readonly summary: readonly JsonObject[]; readonly encrypted: string | null },
): JsonObject {
  return { id, type: "reasoning", summary, ...(encrypted === null ? {} : { encrypted_content: encrypted }) };
}
