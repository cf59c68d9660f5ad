import type { UpstreamError } from "./upstream-error.ts";

interface OpenAiErrorFields {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

interface Defaults {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
}

const invalid = (message: string, code: string | null = null): Defaults => ({
  type: "invalid_request_error",
  code,
  message,
});
const quota: Defaults = {
  type: "insufficient_quota",
  code: "insufficient_quota",
  message: "You exceeded your current quota.",
};

const defaultsByStatus: Readonly<Record<number, Defaults>> = {
  401: invalid("Incorrect API key provided.", "invalid_api_key"),
  402: quota,
  403: { type: "permission_error", code: null, message: "This key may not use this model." },
  404: invalid("There is no such model or path.", "model_not_found"),
  405: invalid("This method is not allowed here.", "method_not_supported"),
  429: { type: "requests", code: "rate_limit_exceeded", message: "Rate limit reached for requests." },
};

/** The members of OpenAI's error object: those given, the rest as usual for the status and the code. */
export function openAiErrorFields(error: UpstreamError): OpenAiErrorFields {
  const defaults = error.code === quota.code ? quota : defaultsOf(error.status);
  return {
    message: error.message ?? defaults.message,
    type: error.type ?? defaults.type,
    param: error.param,
    code: error.code ?? defaults.code,
  };
}

function defaultsOf(status: number): Defaults {
  const defaults = defaultsByStatus[status];
  if (defaults !== undefined) return defaults;
  if (status < 500) return invalid("The request is not valid.");
  return { type: "server_error", code: null, message: "The mock provider failed on purpose." };
}

/** The event that reports a failure in the middle of a chat or text completion. */
export function encodeOpenAiErrorFrame(error: UpstreamError): string {
  return `data: ${JSON.stringify({ error: openAiErrorFields(error) })}\n\n`;
}
