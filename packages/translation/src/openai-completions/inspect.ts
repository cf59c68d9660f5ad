import { createInputEstimate } from "../input-estimate.ts";
import type { RequestInspection } from "../inspect-request.ts";
import { listOf, numberOf, textOf } from "../json-value.ts";
import { utf8Length } from "../utf8-length.ts";

/** `prompt` is a text or a list of texts; `suffix` is read by the model too. */
export function inspectOpenAiCompletions(body: Record<string, unknown>): RequestInspection {
  const estimate = createInputEstimate();
  const { prompt, suffix } = body;
  const texts = typeof prompt === "string" ? [prompt] : listOf(prompt);
  for (const text of [...texts, suffix]) {
    if (typeof text === "string") estimate.addText(utf8Length(text));
  }
  return {
    model: textOf(body["model"]) || null,
    stream: body["stream"] === true,
    estimatedInputTokens: estimate.tokens,
    maxOutputTokens: numberOf(body["max_tokens"]),
    needs: estimate.needs(),
  };
}
