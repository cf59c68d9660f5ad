import { TokenHubError } from "@tokenhub/contracts";

/**
 * The error for a provider's answer that cannot be translated although it could be parsed, such as one nested beyond what
 * can be written again; null for a fault of our own. Never the caller's: its request was fine.
 */
export function translationFault(error: unknown): TokenHubError | null {
  if (error instanceof TokenHubError && error.code === "provider_bad_response") return error;
  if (!(error instanceof TokenHubError) && !(error instanceof RangeError)) return null;
  return new TokenHubError("provider_bad_response", "The provider's answer cannot be translated.", {
    cause: error,
  });
}
