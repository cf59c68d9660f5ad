import { TokenHubError, type FinishReason, type WireFormatName } from "@tokenhub/contracts";
import {
  createSseParser,
  wireFormats,
  type CanonicalFrame,
  type CanonicalResponse,
  type ChatFormatName,
} from "@tokenhub/translation";

/** What an orchestration needs of a model's answer, whatever format it came in. */
export interface ReadAnswer {
  /** A refusal's words where there is no other text. */
  readonly text: string;
  /** In the OpenAI chat format; null: none. */
  readonly toolCalls: readonly unknown[] | null;
  readonly finishReason: FinishReason;
}

/** @throws TokenHubError `provider_bad_response` when the body is no answer of its format. */
export function readWholeAnswer(format: WireFormatName, bodyText: string): ReadAnswer {
  return answerOf(wireFormats[chatFormat(format)].parseResponse(parsed(bodyText)));
}

/**
 * Puts the frames of a stream log together; the first one begins with the log's own head line.
 * @throws TokenHubError `provider_bad_response` when the stream holds no such answer.
 */
export function readStreamedAnswer(format: WireFormatName, frames: readonly string[]): ReadAnswer {
  const parser = createSseParser();
  const reader = wireFormats[chatFormat(format)].createStreamReader();
  const answer = createAssembly();
  const read = (events: ReturnType<typeof parser.push>): void => {
    for (const event of events) for (const frame of reader.read(event)) answer.add(frame);
  };
  for (const [index, frame] of frames.entries()) read(parser.push(index === 0 ? withoutHead(frame) : frame));
  if (parser.hasLeftover) read(parser.end());
  return answerOf(answer.response());
}

function withoutHead(frame: string): string {
  return frame.slice(frame.indexOf("\n") + 1);
}

function chatFormat(format: WireFormatName): ChatFormatName {
  if (format !== "openai-embeddings") return format;
  throw new TokenHubError("provider_bad_response", "The provider answered a chat with an embedding.");
}

function parsed(bodyText: string): unknown {
  try {
    return JSON.parse(bodyText);
  } catch (cause) {
    throw new TokenHubError("provider_bad_response", "The provider's answer is no JSON.", { cause });
  }
}

const noContext = { requestId: "", model: "", createdAtMs: 0 } as const;

/** The OpenAI form is what callers and later calls of the run are given, so it is what counts. */
function answerOf(response: CanonicalResponse): ReadAnswer {
  const built = wireFormats["openai-chat"].buildResponse(response, noContext) as {
    readonly choices: readonly [
      {
        readonly message: {
          readonly content: string | null;
          readonly refusal?: string | null;
          readonly tool_calls?: readonly unknown[];
        };
      },
    ];
  };
  const { content, refusal, tool_calls: toolCalls } = built.choices[0].message;
  return {
    text: content === null || content === "" ? (refusal ?? "") : content,
    toolCalls: toolCalls ?? null,
    finishReason: response.finish.reason,
  };
}

interface CallInStream {
  readonly id: string;
  readonly name: string;
  readonly isFreeText: boolean;
  text: string;
}

/** Collects the frames of one stream into the answer that they are. */
function createAssembly(): { add(frame: CanonicalFrame): void; response(): CanonicalResponse } {
  let text = "";
  let refusal = "";
  let finish: CanonicalResponse["finish"] = {
    reason: "other",
    raw: null,
    stopSequence: null,
    explanation: null,
  };
  const calls = new Map<number, CallInStream>();
  return {
    add(frame) {
      if (frame.type === "text-delta") text += frame.text;
      else if (frame.type === "refusal-delta") refusal += frame.text;
      else if (frame.type === "tool-call-start") calls.set(frame.index, { ...frame, text: "" });
      else if (frame.type === "tool-call-delta") appendTo(calls.get(frame.index), frame.text);
      else if (frame.type === "finish") ({ finish } = frame);
    },
    response: () => ({
      id: null,
      model: null,
      content: [
        ...(text === "" ? [] : [{ type: "text" as const, text, cacheControl: null, citations: [] }]),
        ...(refusal === "" ? [] : [{ type: "refusal" as const, text: refusal }]),
        ...[...calls.values()].map(({ id, name, isFreeText, text: callText }) => ({
          type: "tool-call" as const,
          id,
          name,
          isFreeText,
          arguments: callText,
          cacheControl: null,
        })),
      ],
      finish,
      usage: null,
      serviceTier: null,
      logprobs: null,
      extras: { format: "openai-chat", members: {} },
    }),
  };
}

function appendTo(call: CallInStream | undefined, text: string): void {
  if (call !== undefined) call.text += text;
}
