import { blockFrames } from "../block-frames.ts";
import type { CanonicalResponse } from "../canonical.ts";
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
    for (const frame of blockFrames(block, calls)) assembler.write(frame);
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
