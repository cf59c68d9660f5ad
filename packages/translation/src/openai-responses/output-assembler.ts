import type { CanonicalFrame } from "../canonical.ts";
import { textOf, type JsonObject } from "../json-value.ts";
import type { ResponseContext } from "../wire-format.ts";
import { openCallItem, type CallHead, type CallItem } from "./call-item.ts";
import { openMessageItem, type MessageItem } from "./message-item.ts";
import { itemEvents, type EmitEvent, type OpenItem } from "./output-item.ts";
import { openReasoningItem, writeRedactedReasoning, type ReasoningItem } from "./reasoning-item.ts";
import { outputItemId } from "./response-id.ts";

/** Puts the frames of an answer together to output items, telling each step. */
export interface OutputAssembler {
  write(frame: CanonicalFrame): void;
  /** Closes what is open; when the answer was cut off, its last item is incomplete. Gives all items in order. */
  finish(status: "completed" | "incomplete"): readonly JsonObject[];
  /** The items as far as they are written, without another event. */
  peek(): readonly JsonObject[];
}

/**
 * Text and refusals that follow each other are parts of one message. Reasoning and every call are items of their own. Calls
 * may interleave: one stays open until its arguments are whole and something else begins, or the answer ends.
 */
export function createOutputAssembler(
  context: Pick<ResponseContext, "requestId">,
  emit: EmitEvent,
): OutputAssembler {
  const items: (OpenItem | { readonly whole: JsonObject })[] = [];
  const calls = new Map<number, { readonly call: CallItem; readonly at: number }>();
  let message: MessageItem | null = null;
  let reasoning: ReasoningItem | null = null;
  let logprobs: JsonObject[] = [];

  const place = (kind: Parameters<typeof outputItemId>[1]["kind"]) => {
    const outputIndex = items.length;
    return { id: outputItemId(context, { kind, outputIndex }), outputIndex };
  };
  const close = (item: OpenItem | null, status: "completed" | "incomplete" = "completed"): void => {
    const at = item === null ? -1 : items.indexOf(item);
    if (item !== null && at !== -1) items[at] = { whole: item.close(status) };
  };
  const endReasoning = (): void => {
    close(reasoning);
    reasoning = null;
  };
  /** Before an item of another kind begins. */
  const endMessage = (): void => {
    close(message);
    message = null;
  };
  const endWholeCalls = (): void => {
    for (const { call } of calls.values()) if (call.isWhole) close(call);
  };
  const openMessage = (): MessageItem => {
    if (message !== null) return message;
    endReasoning();
    endWholeCalls();
    message = openMessageItem(emit, place("message"));
    items.push(message);
    return message;
  };
  const openReasoning = (): ReasoningItem => {
    if (reasoning !== null) return reasoning;
    endMessage();
    endWholeCalls();
    reasoning = openReasoningItem(emit, place("reasoning"));
    items.push(reasoning);
    return reasoning;
  };
  const beginOther = (): void => {
    endMessage();
    endReasoning();
    endWholeCalls();
  };
  const openCall = (index: number, head: CallHead): CallItem => {
    beginOther();
    const at = items.length;
    const call = openCallItem(emit, {
      ...place(head.isFreeText ? "custom_tool_call" : "function_call"),
      ...head,
    });
    items.push(call);
    calls.set(index, { call, at });
    return call;
  };
  const addToCall = (index: number, text: string): void => {
    const known = calls.get(index);
    const call = known?.call ?? openCall(index, { callId: "", name: "", isFreeText: false });
    // What a server still sends behind whole arguments is white space.
    const isClosed = known !== undefined && items[known.at] !== call;
    if (!isClosed && !call.isWhole) call.add(text);
  };
  const putWhole = (value: JsonObject): void => {
    if (textOf(value["id"]) === null) return;
    beginOther();
    const events = itemEvents(emit, { id: "", outputIndex: items.length });
    events.added(value);
    items.push({ whole: events.done(value) });
  };
  const putRedacted = (data: string): void => {
    beginOther();
    items.push({ whole: writeRedactedReasoning(emit, { ...place("reasoning"), data }) });
  };
  const endBlock = (): void => {
    endReasoning();
    message?.endPart();
    endWholeCalls();
    const last = items.at(-1);
    for (const { call } of calls.values()) if (call === last && call.isFreeText) close(call);
  };
  const takeLogprobs = (): JsonObject[] => {
    const entries = logprobs;
    logprobs = [];
    return entries;
  };

  return {
    write: (frame) => {
      switch (frame.type) {
        case "text-delta":
          if (frame.text !== "") openMessage().addText(frame.text, takeLogprobs());
          return;
        case "logprobs":
          logprobs.push(...frame.entries);
          return;
        case "refusal-delta":
          if (frame.text !== "") openMessage().addRefusal(frame.text);
          return;
        case "reasoning-delta":
          if (frame.text !== "") openReasoning().addText(frame.text);
          return;
        case "reasoning-signature":
          openReasoning().addSignature(frame.signature);
          return;
        case "redacted-reasoning":
          putRedacted(frame.data);
          return;
        case "tool-call-start":
          openCall(frame.index, { callId: frame.id, name: frame.name, isFreeText: frame.isFreeText });
          return;
        case "tool-call-delta":
          if (frame.text !== "") addToCall(frame.index, frame.text);
          return;
        case "native-block":
          if (frame.format === "openai-responses") putWhole(frame.value);
          return;
        case "block-end":
          endBlock();
          return;
        case "start":
        case "citation":
        case "finish":
        case "usage":
        case "error":
        case "end":
      }
    },
    finish: (status) => {
      if (logprobs.length > 0) message?.addText("", takeLogprobs());
      const last = items.length - 1;
      for (const [at, item] of items.entries()) {
        if (!("whole" in item)) close(item, at === last ? status : "completed");
      }
      return items.flatMap((item) => ("whole" in item ? [item.whole] : []));
    },
    peek: () => items.map((item) => ("whole" in item ? item.whole : item.peek())),
  };
}
