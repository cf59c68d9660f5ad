import { errorTable, type ErrorCode } from "@tokenhub/contracts";

export interface ErrorBodyInput {
  readonly code: ErrorCode;
  readonly message: string;
  /** Dotted path of the request field at fault; only OpenAI's shape has a place for it. */
  readonly param: string | null;
  readonly requestId: string;
}

/**
 * The error body of a surface:
 * openai `{"error":{"message","type","param","code"}}`,
 * anthropic `{"type":"error","error":{"type","message"},"request_id"}`.
 */
export function encodeErrorBody(
  surface: "openai" | "anthropic",
  error: ErrorBodyInput,
): Record<string, unknown> {
  const row = errorTable[error.code];
  if (surface === "openai") {
    const { message, param, code } = error;
    return { error: { message, type: row.openAiType, param, code } };
  }
  return {
    type: "error",
    error: { type: row.anthropicType, message: error.message },
    request_id: error.requestId,
  };
}
