import type { BuiltInCall } from "../definition/provider-definition.ts";
import { estimatePromptTokens } from "./estimate-prompt-tokens.ts";

const totalTokens = 50;
const maxPromptTokens = 40;

type MockCall = Pick<BuiltInCall, "upstreamModel" | "requestId" | "nowMs">;

/** A chat completion in the OpenAI format; its usage adds up to 50 tokens. */
export function mockCompletion(request: Record<string, unknown>, call: MockCall): Record<string, unknown> {
  const message = { role: "assistant", content: contentFor(call), refusal: null };
  return {
    ...envelope("chat.completion", call),
    choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
    usage: usageFor(request),
  };
}

/** The same answer as an event stream: role, one chunk for each word, finish reason, usage, `[DONE]`. */
export function* mockCompletionChunks(request: Record<string, unknown>, call: MockCall): Generator<string> {
  const chunk = envelope("chat.completion.chunk", call);
  const choice = (delta: Record<string, string>, finishReason: string | null): unknown[] => [
    { index: 0, delta, logprobs: null, finish_reason: finishReason },
  ];
  yield event({ ...chunk, choices: choice({ role: "assistant", content: "" }, null), usage: null });
  for (const word of contentFor(call).match(/\s*\S+/g) ?? []) {
    yield event({ ...chunk, choices: choice({ content: word }, null), usage: null });
  }
  yield event({ ...chunk, choices: choice({}, "stop"), usage: null });
  yield event({ ...chunk, choices: [], usage: usageFor(request) });
  yield "data: [DONE]\n\n";
}

function envelope(object: string, { upstreamModel, requestId, nowMs }: MockCall): Record<string, unknown> {
  return {
    id: `chatcmpl-${requestId}`,
    object,
    created: Math.floor(nowMs / 1_000),
    model: upstreamModel,
  };
}

function contentFor({ upstreamModel }: MockCall): string {
  return `Mock response from ${upstreamModel}`;
}

function usageFor(request: Record<string, unknown>): Record<string, number> {
  const promptTokens = Math.min(maxPromptTokens, estimatePromptTokens(request["messages"]));
  return {
    prompt_tokens: promptTokens,
    completion_tokens: totalTokens - promptTokens,
    total_tokens: totalTokens,
  };
}

function event(data: Record<string, unknown>): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
