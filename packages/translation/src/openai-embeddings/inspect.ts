import type { RequestInspection } from "../inspect-request.ts";
import { createInputEstimate } from "../input-estimate.ts";
import { listOf, textOf } from "../json-value.ts";
import { utf8Length } from "../utf8-length.ts";

/** `input` is a text, a list of texts, a list of tokens, or a list of token lists. */
export function inspectOpenAiEmbeddings(body: Record<string, unknown>): RequestInspection {
  const estimate = createInputEstimate();
  const inputs = typeof body["input"] === "string" ? [body["input"]] : listOf(body["input"]);
  let tokenCount = 0;
  for (const input of inputs) {
    if (typeof input === "string") estimate.addText(utf8Length(input));
    else tokenCount += Array.isArray(input) ? input.length : 1;
  }
  return {
    model: textOf(body["model"]),
    stream: false,
    estimatedInputTokens: estimate.tokens + tokenCount,
    maxOutputTokens: null,
    needs: [],
  };
}
