import type { CallFailure } from "@tokenhub/contracts";

const replacement = "[redacted]";
/** Shorter keys (test servers take any) would match the structure of the JSON itself. */
const minLengthInRawText = 8;

/**
 * Takes the API key out of an error body before it is read, so that a message cut at its length limit cannot end in half
 * a key. Some servers quote the credential they refuse.
 */
export function redactKeyInText(text: string, apiKey: string | null): string {
  if (apiKey === null || apiKey.length < minLengthInRawText) return text;
  return text.replaceAll(apiKey, replacement);
}

/** Takes the API key out of what the provider said, whatever the key's length and however the body escaped it. */
export function redactKeyInFailure(failure: CallFailure, apiKey: string | null): CallFailure {
  if (apiKey === null || apiKey === "") return failure;
  return {
    ...failure,
    providerMessage: failure.providerMessage?.replaceAll(apiKey, replacement) ?? null,
    providerCode: failure.providerCode?.replaceAll(apiKey, replacement) ?? null,
  };
}
