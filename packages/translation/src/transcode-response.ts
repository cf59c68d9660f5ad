import type { WireFormatName } from "@tokenhub/contracts";
import { parseJson } from "./json-value.ts";
import { mapResponseModel } from "./map-response-model.ts";
import { adoptResponse } from "./openai-responses/adopt-response.ts";
import { translationBetween } from "./translation-between.ts";
import { translationFault } from "./translation-fault.ts";
import type { ResponseContext } from "./wire-format.ts";

export interface TranscodeResponseInput {
  /** The format of `bodyText`, the provider's. */
  readonly from: WireFormatName;
  /** The caller's. */
  readonly to: WireFormatName;
  readonly bodyText: string;
  readonly context: ResponseContext;
}

/**
 * Turns a provider's answer into the caller's format. In the same format only the model name is replaced, and in
 * Responses also what makes it a response of ours (see `adoptResponse`).
 * @throws TokenHubError provider_bad_response when a body that must be translated is no answer of its format
 */
export function transcodeResponse(input: TranscodeResponseInput): string {
  const { from, to, bodyText, context } = input;
  if (from === to) {
    if (from === "openai-responses") return adoptResponse(bodyText, context);
    return mapResponseModel(from, bodyText, context.model);
  }
  const formats = translationBetween(from, to);
  try {
    const response = formats.from.parseResponse(parseJson(bodyText));
    return JSON.stringify(formats.to.buildResponse(response, context));
  } catch (error) {
    throw translationFault(error) ?? error;
  }
}
