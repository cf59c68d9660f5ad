import type { UpstreamError } from "./upstream-error.ts";

interface AnthropicErrorFields {
  readonly type: string;
  readonly message: string;
}

const byStatus: Readonly<Record<number, AnthropicErrorFields>> = {
  401: { type: "authentication_error", message: "invalid x-api-key" },
  402: { type: "billing_error", message: "Your credit balance is too low." },
  403: { type: "permission_error", message: "This key may not use this model." },
  404: { type: "not_found_error", message: "There is no such model or path." },
  409: { type: "conflict_error", message: "The request conflicts with another one." },
  413: { type: "request_too_large", message: "The request is too large." },
  429: { type: "rate_limit_error", message: "This request would exceed your rate limit." },
  504: { type: "timeout_error", message: "The request took too long." },
  529: { type: "overloaded_error", message: "Overloaded" },
};

/** The members of Anthropic's error object: those given, the rest as usual for the status. A `code` has no place there. */
export function anthropicErrorFields(error: UpstreamError): AnthropicErrorFields {
  const defaults = byStatus[error.status] ?? otherwise(error.status);
  return { type: error.type ?? defaults.type, message: error.message ?? defaults.message };
}

function otherwise(status: number): AnthropicErrorFields {
  if (status < 500) return { type: "invalid_request_error", message: "The request is not valid." };
  return { type: "api_error", message: "The mock provider failed on purpose." };
}
