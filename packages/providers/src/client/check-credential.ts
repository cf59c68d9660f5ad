import type { CallFailure } from "@tokenhub/contracts";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import { callFailure } from "../failure/call-failure.ts";

/** HTTP header values: no control characters, nothing beyond Latin-1. */
const sendable = /^[\t\x20-\x7e\x80-\xff]+$/;

/** Null when a request to the provider may be made with this key. */
export function checkCredential(apiKey: string | null, definition: ProviderDefinition): CallFailure | null {
  if (apiKey === null || apiKey === "") return definition.credential === "optional" ? null : missingKey();
  if (sendable.test(apiKey)) return null;
  return callFailure("auth", {
    code: "provider_auth_failed",
    message: "The provider's API key holds characters that cannot be sent, such as a line break.",
  });
}

/** A key is needed and there is none. */
export function missingKey(): CallFailure {
  return callFailure("auth", {
    code: "provider_auth_failed",
    message: "The provider has no API key configured.",
  });
}
