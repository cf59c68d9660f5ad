import { splitWords } from "../../answer/words.ts";
import { anthropicErrorFields } from "../anthropic-error.ts";
import { answerWords } from "../answer-words.ts";
import { closingFrame, openingFrame, tokenFrame, type Frame } from "../frame.ts";
import type { Reply } from "../surface.ts";
import type { UpstreamError } from "../upstream-error.ts";
import { anthropicUsage } from "./anthropic-usage.ts";
import { contentBlocks, startedBlock, type ContentBlock } from "./content-blocks.ts";
import { encodeStartedMessage, stopFields } from "./encode-message.ts";

/** The events of a streamed message; a `ping` follows the first block's start, as it does in the real stream. */
export function* encodeMessageFrames(reply: Reply): Generator<Frame> {
  yield openingFrame(event({ type: "message_start", message: encodeStartedMessage(reply) }));
  for (const [index, block] of contentBlocks(reply.answer).entries()) {
    const start = { type: "content_block_start", index, content_block: startedBlock(block) };
    yield openingFrame(event(start));
    if (index === 0) yield openingFrame(event({ type: "ping" }));
    yield* blockDeltas(block, { reply, index });
    yield openingFrame(event({ type: "content_block_stop", index }));
  }
  const { usage } = reply.answer;
  const counts = usage === null ? {} : { usage: anthropicUsage(usage, { outputTokens: usage.outputTokens }) };
  const delta = { ...stopFields(reply), container: null };
  yield closingFrame(event({ type: "message_delta", delta, ...counts }));
  yield closingFrame(event({ type: "message_stop" }));
}

/** The event that reports a failure in the middle of a message. */
export function encodeMessageErrorFrame(error: UpstreamError): string {
  return event({ type: "error", error: anthropicErrorFields(error) });
}

function* blockDeltas(
  block: ContentBlock,
  { reply, index }: { readonly reply: Reply; readonly index: number },
): Generator<Frame> {
  const delta = (fields: object): string => event({ type: "content_block_delta", index, delta: fields });
  switch (block.kind) {
    case "thinking":
      for (const thinking of splitWords(block.text)) {
        yield tokenFrame(delta({ type: "thinking_delta", thinking }));
      }
      yield openingFrame(delta({ type: "signature_delta", signature: block.signature }));
      return;
    case "text":
      for (const text of answerWords(reply.answer)) yield tokenFrame(delta({ type: "text_delta", text }));
      return;
    case "call":
      yield openingFrame(delta({ type: "input_json_delta", partial_json: "" }));
      for (const fragment of block.call.fragments) {
        yield tokenFrame(delta({ type: "input_json_delta", partial_json: fragment }));
      }
      return;
  }
}

function event(data: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
