import type { CanonicalFrame, CanonicalResponse } from "@tokenhub/translation";

type Block = CanonicalResponse["content"][number];
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

function blockFrames(block: Block, callIndex: number): CanonicalFrame[] {
  switch (block.type) {
    case "text":
      return [
        { type: "text-delta", text: block.text },
        ...block.citations.map((citation) => ({ type: "citation" as const, citation })),
      ];
    case "refusal":
      return [{ type: "refusal-delta", text: block.text }];
    case "reasoning":
      return [
        { type: "reasoning-delta", text: block.text },
        ...(block.signature === null
          ? []
          : [{ type: "reasoning-signature" as const, signature: block.signature }]),
      ];
    case "redacted-reasoning":
      return [{ type: "redacted-reasoning", data: block.data }];
    case "tool-call": {
      const { id, name, isFreeText, arguments: text } = block;
      return [
        { type: "tool-call-start", index: callIndex, id, name, isFreeText },
        { type: "tool-call-delta", index: callIndex, text },
      ];
    }
    case "native":
      return isObject(block.value)
        ? [{ type: "native-block", format: block.format, value: block.value }]
        : [];
    case "image":
    case "document":
      // No format streams these.
      return [];
  }
}

function logprobEntries(logprobs: unknown): LogprobEntries {
  const content = isObject(logprobs) ? logprobs["content"] : null;
  return Array.isArray(content) ? content.filter(isObject) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
