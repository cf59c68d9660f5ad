import type { CanonicalFrame } from "../canonical.ts";
import { textOf, type JsonObject } from "../json-value.ts";
import type { ResponseContext } from "../wire-format.ts";
import { openCallItem, type CallHead, type CallItem } from "./call-item.ts";
import { createItemList } from "./item-list.ts";
import { openMessageItem, type MessageItem } from "./message-item.ts";
import type { EmitEvent } from "./output-item.ts";
import { openReasoningItem, writeRedactedReasoning, type ReasoningItem } from "./reasoning-item.ts";

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
  const items = createItemList(context, emit);
  const calls = new Map<number, CallItem>();
  let message: MessageItem | null = null;
  let reasoning: ReasoningItem | null = null;
  let logprobs: JsonObject[] = [];

  const endMessage = (): void => {
    if (message !== null) items.close(message);
    message = null;
  };
  const endReasoning = (): void => {
    if (reasoning !== null) items.close(reasoning);
    reasoning = null;
  };
  const endWholeCalls = (): void => {
    for (const call of calls.values()) if (call.isWhole) items.close(call);
  };
  /** Before another item begins. */
  const endOthers = (): void => {
    endMessage();
    endReasoning();
    endWholeCalls();
  };
  const openMessage = (): MessageItem => {
    if (message !== null) return message;
    endOthers();
    message = items.open("message", (place) => openMessageItem(emit, place));
    return message;
  };
  const openReasoning = (): ReasoningItem => {
    if (reasoning !== null) return reasoning;
    endOthers();
    reasoning = items.open("reasoning", (place) => openReasoningItem(emit, place));
    return reasoning;
  };
  const openCall = (index: number, head: CallHead): CallItem => {
    endOthers();
    const kind = head.isFreeText ? "custom_tool_call" : "function_call";
    const call = items.open(kind, (place) => openCallItem(emit, { ...place, ...head }));
    calls.set(index, call);
    return call;
  };
  const addToCall = (index: number, text: string): void => {
    const call = calls.get(index) ?? openCall(index, { callId: "", name: "", isFreeText: false });
    // What a server still sends behind whole arguments is white space.
    if (items.isOpen(call) && !call.isWhole) call.add(text);
  };
  const endBlock = (): void => {
    endReasoning();
    message?.endPart();
    endWholeCalls();
    for (const call of calls.values()) if (call.isFreeText && items.isLast(call)) items.close(call);
  };
  const takeLogprobs = (): JsonObject[] => {
    const entries = logprobs;
    logprobs = [];
    return entries;
  };
  const putWhole = (frame: Extract<CanonicalFrame, { type: "native-block" }>): void => {
    if (frame.format !== "openai-responses" || textOf(frame.value["id"]) === null) return;
    endOthers();
    items.putForeign(frame.value);
  };
  const putRedacted = (data: string): void => {
    endOthers();
    items.put("reasoning", (place) => writeRedactedReasoning(emit, { ...place, data }));
  };

  const write = (frame: CanonicalFrame): void => {
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
        return openReasoning().addSignature(frame.signature);
      case "redacted-reasoning":
        return putRedacted(frame.data);
      case "tool-call-start":
        openCall(frame.index, { callId: frame.id, name: frame.name, isFreeText: frame.isFreeText });
        return;
      case "tool-call-delta":
        if (frame.text !== "") addToCall(frame.index, frame.text);
        return;
      case "native-block":
        return putWhole(frame);
      case "block-end":
        return endBlock();
      case "start":
      case "citation":
      case "finish":
      case "usage":
      case "error":
      case "end":
    }
  };
  return {
    write,
    finish: (status) => {
      if (logprobs.length > 0) message?.addText("", takeLogprobs());
      return items.closeAll(status);
    },
    peek: () => items.peek(),
  };
}
