import { answerWords } from "../answer-words.ts";
import { openAiFinishReason } from "../finish-reason.ts";
import { closingFrame, tokenFrame, type Frame } from "../frame.ts";
import { openAiUsage } from "../openai-usage.ts";
import type { Reply } from "../surface.ts";

/** The body of a text completion that is not streamed. */
export function encodeCompletion(reply: Reply): unknown {
  const { question, answer } = reply;
  return {
    ...envelope(reply),
    choices: Array.from({ length: question.choices }, (_, index) => ({
      index,
      text: answer.text ?? "",
      logprobs: null,
      finish_reason: openAiFinishReason(answer.finishReason),
    })),
    ...(answer.usage === null ? {} : { usage: openAiUsage(answer.usage) }),
  };
}

/** The `data:` lines of a streamed text completion, `[DONE]` included. */
export function* encodeCompletionFrames(reply: Reply): Generator<Frame> {
  const { question, answer } = reply;
  const write = (choices: readonly unknown[], extra: object = {}): string =>
    `data: ${JSON.stringify({ ...envelope(reply), choices, ...extra })}\n\n`;
  const each = Array.from({ length: question.choices }, (_, index) => index);
  for (const text of answerWords(answer)) {
    for (const index of each) yield tokenFrame(write([{ index, text, logprobs: null, finish_reason: null }]));
  }
  const finishReason = openAiFinishReason(answer.finishReason);
  for (const index of each) {
    yield closingFrame(write([{ index, text: "", logprobs: null, finish_reason: finishReason }]));
  }
  if (question.includeUsage && answer.usage !== null) {
    yield closingFrame(write([], { usage: openAiUsage(answer.usage) }));
  }
  yield closingFrame("data: [DONE]\n\n");
}

function envelope({ question, key, createdAtS }: Reply): object {
  return { id: `cmpl-${key}`, object: "text_completion", created: createdAtS, model: question.model };
}
