import { blockFrames, type CanonicalFrame, type CanonicalResponse } from "@tokenhub/translation";

type LogprobEntries = Extract<CanonicalFrame, { type: "logprobs" }>["entries"];

/** The frames a whole answer would have been streamed in, each block in one piece. */
export function responseFrames(response: CanonicalResponse): CanonicalFrame[] {
  const { id, model, content, finish, usage } = response;
  const entries = logprobEntries(response.logprobs);
  let calls = 0;
  return [
    { type: "start", id, model, usage },
    ...(entries.length === 0 ? [] : [{ type: "logprobs" as const, entries }]),
    ...content.flatMap((block) => [
      ...blockFrames(block, block.type === "tool-call" ? calls++ : calls),
      { type: "block-end" as const },
    ]),
    ...(usage === null ? [] : [{ type: "usage" as const, usage }]),
    { type: "finish", finish },
  ];
}

function logprobEntries(logprobs: unknown): LogprobEntries {
  const content = isObject(logprobs) ? logprobs["content"] : null;
  return Array.isArray(content) ? content.filter(isObject) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
