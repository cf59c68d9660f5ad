import type { WireFormatName } from "@tokenhub/contracts";
import { parseGemmaOutput } from "@tokenhub/shaping";
import {
  createGemma4Response,
  createGemma4StreamFilter,
  type Gemma4Parser,
  type SseFilter,
} from "@tokenhub/translation";
import type { CallTarget } from "./handlers/execute-call.ts";

const parse: Gemma4Parser = (text) => {
  const { text: content, reasoning, toolCalls } = parseGemmaOutput(text);
  return { content, reasoning: reasoning ?? "", toolCalls };
};

/** A whole answer with the model's own tokens read, when it is of a model that writes such; else as it is. */
export function readGemma4Body(
  bodyText: string,
  { target, wireFormat }: { readonly target: CallTarget; readonly wireFormat: WireFormatName },
): string {
  return speaksGemma4(target, wireFormat) ? createGemma4Response(bodyText, parse) : bodyText;
}

/** The same for a stream; null when there is nothing to read. */
export function createGemma4Filter(target: CallTarget, wireFormat: WireFormatName): SseFilter | null {
  return speaksGemma4(target, wireFormat) ? createGemma4StreamFilter(parse) : null;
}

function speaksGemma4({ model }: CallTarget, wireFormat: WireFormatName): boolean {
  return model.gemma4Output && wireFormat === "openai-chat";
}
