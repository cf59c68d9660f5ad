import type { Usage } from "@tokenhub/contracts";
import type { CanonicalFinish } from "../canonical.ts";
import type { JsonObject } from "../json-value.ts";
import type { StreamContext, StreamWriter } from "../wire-format.ts";
import { formatResponseEnd } from "./map-status.ts";
import { createOutputAssembler } from "./output-assembler.ts";
import { responseErrorOf } from "./response-error.ts";
import { responseObject, type ResponseState } from "./response-object.ts";
import { formatResponsesEvent } from "./responses-event.ts";

const unfinished: CanonicalFinish = { reason: "other", raw: null, stopSequence: null, explanation: null };
const begun = { output: [], incompleteReason: null, error: null, usage: null, serviceTier: null };

/**
 * Writes the events of a Response, numbered from 0: `response.created`, (`response.queued` in the background),
 * `response.in_progress`, the output items, and `response.completed`, `response.incomplete` or `error` with
 * `response.failed`. Everything follows from the frames and the context: the same ones give the same bytes, so that a
 * stream that is told again can be resumed at any number.
 */
export function createOpenAiResponsesStreamWriter(context: StreamContext): StreamWriter {
  let nextNumber = 0;
  let hasStarted = false;
  let isClosed = false;
  let hasRefusal = false;
  let finish: CanonicalFinish = unfinished;
  let usage: Usage | null = null;
  let written = "";

  const emit = (type: string, members: JsonObject): void => {
    written += formatResponsesEvent(type, { ...members, sequence_number: nextNumber });
    nextNumber += 1;
  };
  const emitResponse = (type: string, state: ResponseState): void =>
    emit(type, { response: responseObject(context, state) });
  const take = (): string => {
    const text = written;
    written = "";
    return text;
  };
  const assembler = createOutputAssembler(context, emit);

  const start = (): void => {
    if (hasStarted) return;
    hasStarted = true;
    const isBackground = context.requestBody?.["background"] === true;
    emitResponse("response.created", { ...begun, status: isBackground ? "queued" : "in_progress" });
    if (isBackground) emitResponse("response.queued", { ...begun, status: "queued" });
    emitResponse("response.in_progress", { ...begun, status: "in_progress" });
  };

  return {
    write: (frame) => {
      if (isClosed || frame.type === "end" || frame.type === "error") return "";
      start();
      if (frame.type === "finish") finish = frame.finish;
      else if (frame.type === "usage" || frame.type === "start") usage = frame.usage ?? usage;
      else assembler.write(frame);
      hasRefusal ||= frame.type === "refusal-delta";
      return take();
    },
    end: () => {
      if (isClosed) return "";
      start();
      isClosed = true;
      if (finish.explanation !== null && !hasRefusal) {
        assembler.write({ type: "refusal-delta", text: finish.explanation });
      }
      const { status, incompleteReason } = formatResponseEnd(finish.reason);
      const output = assembler.finish(status);
      emitResponse(`response.${status}`, { ...begun, status, output, incompleteReason, usage });
      return take();
    },
    fail: (failure) => {
      if (isClosed) return "";
      start();
      isClosed = true;
      const { code, message } = failure;
      emit("error", { code, message, param: null });
      const error = responseErrorOf(failure);
      emitResponse("response.failed", {
        ...begun,
        status: "failed",
        output: assembler.peek(),
        error,
        usage,
      });
      return take();
    },
  };
}
