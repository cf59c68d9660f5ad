import { transcodeRequest } from "../transcode-request.ts";
import type { BuildTarget, ChatFormatName } from "../wire-format.ts";

export const target: BuildTarget = { model: "upstream", stream: false, maxOutputTokens: null };

export interface Transcoded {
  readonly body: Record<string, unknown>;
  readonly warnings: readonly string[];
}

/** A request body from one format to the other, parsed again. */
export function transcodeBody(
  body: object,
  input: {
    readonly from: ChatFormatName;
    readonly to: ChatFormatName;
    readonly target?: Partial<BuildTarget>;
  },
): Transcoded {
  const { from, to } = input;
  const text = JSON.stringify(body);
  const result = transcodeRequest({ from, to, bodyText: text, target: { ...target, ...input.target } });
  return { body: JSON.parse(result.bodyText) as Record<string, unknown>, warnings: result.warnings };
}

export function toAnthropic(body: object, special: Partial<BuildTarget> = {}): Transcoded {
  return transcodeBody(body, { from: "openai-chat", to: "anthropic-messages", target: special });
}

export function toOpenAi(body: object, special: Partial<BuildTarget> = {}): Transcoded {
  return transcodeBody(body, { from: "anthropic-messages", to: "openai-chat", target: special });
}
