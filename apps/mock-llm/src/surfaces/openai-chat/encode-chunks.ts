import type { AnsweredToolCall } from "../../answer/answer.ts";
import { splitWords } from "../../answer/words.ts";
import { answerWords } from "../answer-words.ts";
import { openAiFinishReason } from "../finish-reason.ts";
import { closingFrame, openingFrame, tokenFrame, type Frame } from "../frame.ts";
import { openAiUsage } from "../openai-usage.ts";
import type { Reply } from "../surface.ts";

/** The `data:` lines of a streamed chat completion, `[DONE]` included. With `n` > 1 the answers advance side by side. */
export function* encodeChatChunks(reply: Reply): Generator<Frame> {
  const { question, answer } = reply;
  const write = chunkWriter(reply);
  const content = answer.text === null ? "null" : '""';
  const each = Array.from({ length: question.choices }, (_, index) => index);
  for (const index of each) {
    yield openingFrame(write({ index, delta: `{"role":"assistant","content":${content},"refusal":null}` }));
  }
  if (answer.reasoning !== null) {
    for (const word of splitWords(answer.reasoning)) {
      const delta = `{"reasoning_content":${JSON.stringify(word)}}`;
      for (const index of each) yield tokenFrame(write({ index, delta }));
    }
  }
  for (const word of answerWords(answer)) {
    const delta = `{"content":${JSON.stringify(word)}}`;
    for (const index of each) yield tokenFrame(write({ index, delta }));
  }
  for (const index of each) yield* encodeToolCalls(answer.toolCalls, (delta) => write({ index, delta }));
  const finishReason = JSON.stringify(openAiFinishReason(answer.finishReason));
  for (const index of each) yield closingFrame(write({ index, delta: "{}", finishReason }));
  if (question.includeUsage && answer.usage !== null) {
    const usage = JSON.stringify(openAiUsage(answer.usage));
    yield closingFrame(`data: ${chunkStart(reply)},"choices":[],"usage":${usage}}\n\n`);
  }
  yield closingFrame("data: [DONE]\n\n");
}

function* encodeToolCalls(
  calls: readonly AnsweredToolCall[],
  write: (delta: string) => string,
): Generator<Frame> {
  for (const [index, call] of calls.entries()) {
    const start = {
      index,
      id: `call_${call.key}`,
      type: "function",
      function: { name: call.name, arguments: "" },
    };
    yield openingFrame(write(JSON.stringify({ tool_calls: [start] })));
    for (const fragment of call.fragments) {
      yield tokenFrame(write(JSON.stringify({ tool_calls: [{ index, function: { arguments: fragment } }] })));
    }
  }
}

interface ChunkParts {
  readonly index: number;
  /** JSON text of the delta. */
  readonly delta: string;
  /** JSON text of the finish reason; absent: none yet. */
  readonly finishReason?: string;
}

/** Chunks differ in little, so the rest of their text is made once per answer. */
function chunkWriter(reply: Reply): (parts: ChunkParts) => string {
  const start = `data: ${chunkStart(reply)},"choices":[{"index":`;
  const usage = reply.question.includeUsage && reply.answer.usage !== null ? ',"usage":null' : "";
  return ({ index, delta, finishReason = "null" }) =>
    `${start}${index},"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}]${usage}}\n\n`;
}

function chunkStart({ question, key, createdAtS }: Reply): string {
  const model = JSON.stringify(question.model);
  return `{"id":"chatcmpl-${key}","object":"chat.completion.chunk","created":${createdAtS},"model":${model},"service_tier":"default","system_fingerprint":"fp_mock"`;
}
