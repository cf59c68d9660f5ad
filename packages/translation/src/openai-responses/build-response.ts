import type { AssistantBlock, CanonicalFrame, CanonicalResponse } from "../canonical.ts";
import { objectOf } from "../json-value.ts";
import { readLogprobEntries } from "../openai-chat/logprob-entries.ts";
import type { ResponseContext } from "../wire-format.ts";
import { formatResponseEnd } from "./map-status.ts";
import { createOutputAssembler } from "./output-assembler.ts";
import { responseObject } from "./response-object.ts";

/** Writes a whole Response: the one that the last event of its stream would carry. */
export function buildOpenAiResponsesResponse(
  response: CanonicalResponse,
  context: ResponseContext,
): Record<string, unknown> {
  const { finish, usage, serviceTier, content } = response;
  const assembler = createOutputAssembler(context, () => undefined);
  const entries = readLogprobEntries(response.logprobs);
  if (entries.length > 0) assembler.write({ type: "logprobs", entries });
  let calls = 0;
  for (const block of content) {
    for (const frame of framesOf(block, calls)) assembler.write(frame);
    assembler.write({ type: "block-end" });
    if (block.type === "tool-call") calls += 1;
  }
  const hasRefusal = content.some((block) => block.type === "refusal");
  if (finish.explanation !== null && !hasRefusal) {
    assembler.write({ type: "refusal-delta", text: finish.explanation });
  }
  const { status, incompleteReason } = formatResponseEnd(finish.reason);
  const output = assembler.finish(status);
  return responseObject(context, { status, output, incompleteReason, error: null, usage, serviceTier });
}

function framesOf(block: AssistantBlock, callIndex: number): CanonicalFrame[] {
  switch (block.type) {
    case "text":
      return [{ type: "text-delta", text: block.text }];
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
    case "native": {
      const value = objectOf(block.value);
      return value === null ? [] : [{ type: "native-block", format: block.format, value }];
    }
    case "image":
    case "document":
      return [];
  }
}
