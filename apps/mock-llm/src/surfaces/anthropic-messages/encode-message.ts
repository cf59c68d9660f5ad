import { anthropicStopReason } from "../finish-reason.ts";
import type { Reply } from "../surface.ts";
import { anthropicUsage } from "./anthropic-usage.ts";
import { completedBlock, contentBlocks } from "./content-blocks.ts";

/** The body of a message that is not streamed. */
export function encodeMessage(reply: Reply): unknown {
  const { usage } = reply.answer;
  return {
    ...messageFields(reply),
    content: contentBlocks(reply.answer).map(completedBlock),
    ...stopFields(reply),
    ...(usage === null ? {} : { usage: anthropicUsage(usage, { outputTokens: usage.outputTokens }) }),
  };
}

/** A message that has only begun. */
export function encodeStartedMessage(reply: Reply): unknown {
  const { usage } = reply.answer;
  return {
    ...messageFields(reply),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    ...(usage === null ? {} : { usage: anthropicUsage(usage, { outputTokens: 1 }) }),
  };
}

/** How the message ended. */
export function stopFields({ question, answer }: Reply): object {
  const stopReason = anthropicStopReason(answer.finishReason);
  return {
    stop_reason: stopReason,
    stop_sequence: stopReason === "stop_sequence" ? question.stopSequence : null,
    stop_details: null,
  };
}

function messageFields({ question, key }: Reply): object {
  const nothing = { container: null, diagnostics: null };
  return { id: `msg_${key}`, type: "message", role: "assistant", model: question.model, ...nothing };
}
