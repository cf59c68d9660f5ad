import { z } from "zod";

/** The error `type` strings of the Anthropic Messages API. */
export type AnthropicErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "billing_error"
  | "permission_error"
  | "not_found_error"
  | "request_too_large"
  | "rate_limit_error"
  | "timeout_error"
  | "api_error"
  | "overloaded_error";

/** The error `type` strings of the OpenAI API. */
export type OpenAiErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "rate_limit_error"
  | "insufficient_quota"
  | "server_error";

export interface ErrorRow {
  /** HTTP status of the answer. */
  readonly status: number;
  readonly openAiType: OpenAiErrorType;
  readonly anthropicType: AnthropicErrorType;
  /**
   * Value of `x-should-retry`, which official SDKs obey before anything else. False wherever a provider call may have
   * been made, because their automatic retry would pay again; true only where nothing was accepted.
   */
  readonly shouldRetry: boolean;
}

const client = (status: number, anthropicType: AnthropicErrorType): ErrorRow => ({
  status,
  openAiType: "invalid_request_error",
  anthropicType,
  shouldRetry: false,
});
const server = (status: number, anthropicType: AnthropicErrorType, shouldRetry: boolean): ErrorRow => ({
  status,
  openAiType: "server_error",
  anthropicType,
  shouldRetry,
});

/** The one table from a stable error code to its HTTP face. Nothing else in the product knows a status number. */
export const errorTable = {
  invalid_json: client(400, "invalid_request_error"),
  invalid_utf8: client(400, "invalid_request_error"),
  invalid_request: client(400, "invalid_request_error"),
  empty_messages: client(400, "invalid_request_error"),
  unsupported_media_type: client(415, "invalid_request_error"),
  body_too_large: client(413, "request_too_large"),
  unknown_path: client(404, "not_found_error"),
  method_not_allowed: client(405, "invalid_request_error"),
  model_not_found: client(404, "not_found_error"),
  no_eligible_model: client(400, "invalid_request_error"),
  context_length_exceeded: client(400, "invalid_request_error"),
  provider_bad_request: client(400, "invalid_request_error"),
  missing_api_key: { ...client(401, "authentication_error"), openAiType: "authentication_error" },
  invalid_api_key: { ...client(401, "authentication_error"), openAiType: "authentication_error" },
  api_key_expired: { ...client(401, "authentication_error"), openAiType: "authentication_error" },
  api_key_disabled: { ...client(401, "authentication_error"), openAiType: "authentication_error" },
  insufficient_scope: { ...client(403, "permission_error"), openAiType: "permission_error" },
  model_not_allowed: { ...client(403, "permission_error"), openAiType: "permission_error" },
  rate_limited: {
    status: 429,
    openAiType: "rate_limit_error",
    anthropicType: "rate_limit_error",
    shouldRetry: true,
  },
  budget_exceeded: {
    status: 429,
    openAiType: "insufficient_quota",
    anthropicType: "rate_limit_error",
    shouldRetry: false,
  },
  admin_unauthorized: { ...client(401, "authentication_error"), openAiType: "authentication_error" },
  admin_forbidden: { ...client(403, "permission_error"), openAiType: "permission_error" },
  too_many_attempts: {
    status: 429,
    openAiType: "rate_limit_error",
    anthropicType: "rate_limit_error",
    shouldRetry: false,
  },
  not_found: client(404, "not_found_error"),
  already_exists: client(409, "invalid_request_error"),
  conflict: client(409, "invalid_request_error"),
  idempotency_key_reused: client(422, "invalid_request_error"),
  idempotency_key_in_use: { ...client(409, "invalid_request_error"), shouldRetry: true },
  version_mismatch: client(412, "invalid_request_error"),
  version_required: client(428, "invalid_request_error"),
  invalid_directive: client(400, "invalid_request_error"),
  vault_locked: server(503, "api_error", false),
  vault_uninitialised: server(503, "api_error", false),
  vault_disabled: server(503, "api_error", false),
  wrong_password: { ...client(401, "authentication_error"), openAiType: "authentication_error" },
  output_schema_failed: server(502, "api_error", false),
  provider_rate_limited: {
    status: 429,
    openAiType: "rate_limit_error",
    anthropicType: "rate_limit_error",
    shouldRetry: false,
  },
  provider_quota_exhausted: {
    status: 429,
    openAiType: "insufficient_quota",
    anthropicType: "rate_limit_error",
    shouldRetry: false,
  },
  provider_auth_failed: server(502, "api_error", false),
  provider_error: server(502, "api_error", false),
  provider_bad_response: server(502, "api_error", false),
  provider_unreachable: server(502, "api_error", false),
  provider_timeout: server(504, "timeout_error", false),
  provider_unavailable: server(503, "overloaded_error", false),
  stream_interrupted: server(502, "api_error", false),
  deadline_exceeded: server(504, "timeout_error", false),
  sync_wait_timeout: server(504, "timeout_error", false),
  cancelled: client(499, "invalid_request_error"),
  overloaded: server(503, "overloaded_error", true),
  queue_unavailable: server(503, "overloaded_error", true),
  shutting_down: server(503, "overloaded_error", true),
  internal_error: server(500, "api_error", false),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export const errorCodeSchema = z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]);
