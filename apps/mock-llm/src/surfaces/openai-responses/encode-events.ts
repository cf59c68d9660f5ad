import { splitWords } from "../../answer/words.ts";
import { answerWords } from "../answer-words.ts";
import { closingFrame, openingFrame, tokenFrame, type Frame } from "../frame.ts";
import { openAiErrorFields } from "../openai-error.ts";
import type { Reply } from "../surface.ts";
import type { UpstreamError } from "../upstream-error.ts";
import { encodeResponse, encodeStartedResponse, incompleteReason } from "./encode-response.ts";
import { completedItem, outputItems, startedItem, type OutputItem } from "./output-items.ts";

interface ResponseEvent {
  readonly type: string;
  readonly isToken?: boolean;
  readonly fields: object;
}

/** The events of a streamed response, each with `event:`, `type` and a `sequence_number` that counts from 0. */
export function* encodeResponseFrames(reply: Reply): Generator<Frame> {
  let sequenceNumber = 0;
  const write = ({ type, fields }: ResponseEvent): string => {
    const data = JSON.stringify({ type, sequence_number: sequenceNumber, ...fields });
    sequenceNumber += 1;
    return `event: ${type}\ndata: ${data}\n\n`;
  };
  const started = { response: encodeStartedResponse(reply) };
  yield openingFrame(write({ type: "response.created", fields: started }));
  yield openingFrame(write({ type: "response.in_progress", fields: started }));
  for (const event of itemEvents(reply)) {
    yield event.isToken === true ? tokenFrame(write(event)) : openingFrame(write(event));
  }
  const type = incompleteReason(reply) === null ? "response.completed" : "response.incomplete";
  yield closingFrame(write({ type, fields: { response: encodeResponse(reply) } }));
}

/** The event that reports a failure in the middle of a response. */
export function encodeResponseErrorFrame(
  error: UpstreamError,
  { framesSent }: { readonly framesSent: number },
): string {
  const { code, type, message, param } = openAiErrorFields(error);
  const data = { type: "error", sequence_number: framesSent, code: code ?? type, message, param };
  return `event: error\ndata: ${JSON.stringify(data)}\n\n`;
}

function* itemEvents(reply: Reply): Generator<ResponseEvent> {
  const isIncomplete = incompleteReason(reply) !== null;
  for (const [outputIndex, item] of outputItems(reply.answer, { key: reply.key }).entries()) {
    const place = { output_index: outputIndex };
    yield { type: "response.output_item.added", fields: { ...place, item: startedItem(item) } };
    yield* contentEvents(item, { reply, outputIndex });
    const done = completedItem(item, { isIncomplete });
    yield { type: "response.output_item.done", fields: { ...place, item: done } };
  }
}

function* contentEvents(
  item: OutputItem,
  { reply, outputIndex }: { readonly reply: Reply; readonly outputIndex: number },
): Generator<ResponseEvent> {
  const place = { item_id: item.id, output_index: outputIndex };
  switch (item.kind) {
    case "reasoning":
      yield* reasoningEvents(item.text, { ...place, summary_index: 0 });
      return;
    case "message":
      yield* textEvents(item.text, {
        words: answerWords(reply.answer),
        place: { ...place, content_index: 0 },
      });
      return;
    case "call":
      yield* argumentEvents(item, place);
      return;
  }
}

function* reasoningEvents(text: string, place: object): Generator<ResponseEvent> {
  const family = "response.reasoning_summary";
  const part = (partText: string): object => ({ ...place, part: { type: "summary_text", text: partText } });
  yield { type: `${family}_part.added`, fields: part("") };
  for (const delta of splitWords(text)) {
    yield { type: `${family}_text.delta`, isToken: true, fields: { ...place, delta } };
  }
  yield { type: `${family}_text.done`, fields: { ...place, text } };
  yield { type: `${family}_part.done`, fields: part(text) };
}

function* textEvents(
  text: string,
  { words, place }: { readonly words: Iterable<string>; readonly place: object },
): Generator<ResponseEvent> {
  const part = (partText: string): object => ({
    ...place,
    part: { type: "output_text", text: partText, annotations: [], logprobs: [] },
  });
  yield { type: "response.content_part.added", fields: part("") };
  for (const delta of words) {
    const fields = { ...place, delta, logprobs: [] };
    yield { type: "response.output_text.delta", isToken: true, fields };
  }
  yield { type: "response.output_text.done", fields: { ...place, text, logprobs: [] } };
  yield { type: "response.content_part.done", fields: part(text) };
}

function* argumentEvents(
  { call }: Extract<OutputItem, { kind: "call" }>,
  place: object,
): Generator<ResponseEvent> {
  for (const delta of call.fragments) {
    yield { type: "response.function_call_arguments.delta", isToken: true, fields: { ...place, delta } };
  }
  const fields = { ...place, name: call.name, arguments: call.argumentsText };
  yield { type: "response.function_call_arguments.done", fields };
}
