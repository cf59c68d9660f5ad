import type { ErrorWords } from "./read-error-body.ts";

/** Error types and codes of the OpenAI and Anthropic APIs, and the HTTP status each of them normally comes with. */
const statusByName: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  context_length_exceeded: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  api_error: 500,
  server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/**
 * The status to classify an error by. Inside a 200 or a stream event the HTTP status says nothing, so the status that the
 * error's code or type normally comes with takes its place; 500 when neither is known.
 */
export function failureStatus(status: number, words: ErrorWords): number {
  if (status < 200 || status > 299) return status;
  return numericStatus(words.code) ?? namedStatus(words.code) ?? namedStatus(words.type) ?? 500;
}

function numericStatus(code: string | null): number | null {
  return code !== null && /^[45]\d\d$/.test(code) ? Number(code) : null;
}

function namedStatus(name: string | null): number | null {
  return name !== null && Object.hasOwn(statusByName, name) ? (statusByName[name] ?? null) : null;
}
