import type { CanonicalFrame } from "../canonical.ts";
import type { OutgoingBlock } from "./block-sequencer.ts";
import { createJsonProgress, type JsonProgress } from "./json-progress.ts";
import { encodeToolCallId } from "./tool-call-id.ts";

/** The tool calls of one stream on their way to `tool_use` blocks. */
export interface CallBlocks {
  start(frame: Extract<CanonicalFrame, { type: "tool-call-start" }>): OutgoingBlock;
  /** The `partial_json` of a delta. */
  delta(frame: Extract<CanonicalFrame, { type: "tool-call-delta" }>): string;
  /** The arguments are whole: what a server still sends (white space) would only break them, or come after their block. */
  isComplete(index: number): boolean;
  readonly count: number;
}

export function callKey(index: number): string {
  return `call:${index}`;
}

/** A call is complete when its arguments are; free text is wrapped as the JSON string of `input`, piece by piece. */
export function createCallBlocks(): CallBlocks {
  const progresses = new Map<number, JsonProgress>();
  const freeText = new Map<number, { isOpen: boolean }>();
  const progressOf = (index: number): JsonProgress => {
    const progress = progresses.get(index) ?? createJsonProgress();
    progresses.set(index, progress);
    return progress;
  };
  return {
    start: (frame) => {
      const progress = progressOf(frame.index);
      if (frame.isFreeText) freeText.set(frame.index, { isOpen: false });
      const id = encodeToolCallId(frame.id);
      const caller = { type: "direct" };
      return {
        key: callKey(frame.index),
        contentBlock: { type: "tool_use", id, name: frame.name, input: {}, caller },
        isComplete: () => progress.isComplete,
        closingDeltas: () => {
          const isOpen = freeText.get(frame.index)?.isOpen === true;
          return isOpen ? [{ type: "input_json_delta", partial_json: '"}' }] : [];
        },
      };
    },
    delta: (frame) => {
      const free = freeText.get(frame.index);
      if (free === undefined) {
        progressOf(frame.index).push(frame.text);
        return frame.text;
      }
      const escaped = JSON.stringify(frame.text).slice(1, -1);
      const prefix = free.isOpen ? "" : '{"input":"';
      free.isOpen = true;
      return prefix + escaped;
    },
    isComplete: (index) => progresses.get(index)?.isComplete === true,
    get count() {
      return progresses.size;
    },
  };
}
