import { encodeErrorBody } from "@tokenhub/translation";
import type { TokenHubError } from "@tokenhub/contracts";
import type { Request, Response } from "express";

/** The error shape a caller of this path understands. */
export type Surface = "openai" | "anthropic";

/** `/v1/messages` and everything under it speaks Anthropic, as does any client that sends its version header. */
export function surfaceOf(request: Pick<Request, "path" | "headers">): Surface {
  if (request.path.startsWith("/v1/messages")) return "anthropic";
  return request.path.startsWith("/v1/models") && request.headers["anthropic-version"] !== undefined
    ? "anthropic"
    : "openai";
}

/** Writes an error in the caller's format, with the headers by which official SDKs decide whether to try again. */
export function sendError(request: Request, response: Response, error: TokenHubError): void {
  const requestId = String(response.getHeader("x-request-id") ?? "");
  const { status, shouldRetry } = error.row;
  response.status(status).setHeader("x-should-retry", String(shouldRetry));
  if (error.retryAfterMs !== null) {
    response.setHeader("retry-after-ms", String(Math.ceil(error.retryAfterMs)));
    response.setHeader("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
  }
  const { code, message, param } = error;
  response.json(encodeErrorBody(surfaceOf(request), { code, message, param, requestId }));
}
