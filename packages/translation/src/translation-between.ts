import { TokenHubError, type WireFormatName } from "@tokenhub/contracts";
import type { WireFormat } from "./wire-format.ts";
import { wireFormats } from "./wire-formats.ts";

/**
 * The two formats of a translation.
 * @throws TokenHubError invalid_request when one of them only passes through (embeddings)
 */
export function translationBetween(
  from: WireFormatName,
  to: WireFormatName,
): { readonly from: WireFormat; readonly to: WireFormat } {
  if (from === "openai-embeddings" || to === "openai-embeddings") {
    throw new TokenHubError("invalid_request", `A request cannot be translated from ${from} to ${to}.`);
  }
  return { from: wireFormats[from], to: wireFormats[to] };
}
