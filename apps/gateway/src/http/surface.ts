import { TokenHubError } from "@tokenhub/contracts";
import { encodeErrorBody } from "@tokenhub/translation";
import type { Request, Response } from "express";
import { BudgetExceededError } from "../admission/budget-exceeded-error.ts";
import { RunFailedError } from "../orchestration/run-failed-error.ts";

/**
 * The error shape a caller understands: of an official SDK, our own `{"error":{"code","message",…}}`, or the plain
 * `{"error":"text"}` of the product's first generation.
 */
export type Surface = "openai" | "anthropic" | "native" | "legacy";

const pathSurfaces: readonly (readonly [prefix: string, surface: Surface])[] = [
  ["/v1/messages", "anthropic"],
  ["/v1/chat/completions", "openai"],
  ["/v1/responses", "openai"],
  ["/v1/chat", "native"],
  ["/v1/plan", "native"],
  ["/v1/orchestrations", "native"],
  ["/v1/jobs", "native"],
  ["/v1/adversarial", "native"],
  ["/admin/providers", "legacy"],
  ["/admin/models", "legacy"],
  ["/admin/v1", "native"],
];

/** The surface of a request: what its handler found in the body, else what its path says. */
export function surfaceOf(request: Pick<Request, "path" | "headers">, response?: Response): Surface {
  const found: unknown = response?.locals["surface"];
  if (found === "legacy" || found === "native") return found;
  if (request.path.startsWith("/v1/models") && request.headers["anthropic-version"] !== undefined)
    return "anthropic";
  const { path } = request;
  return pathSurfaces.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1] ?? "openai";
}

/** Remembers the surface of a path that serves two. */
export function setSurface(response: Response, surface: "legacy" | "native"): void {
  response.locals["surface"] = surface;
}

/** Writes an error in the caller's format, with the headers by which official SDKs decide whether to try again. */
export function sendError(request: Request, response: Response, error: TokenHubError): void {
  response.locals["error"] = error;
  const { status, shouldRetry } = error.row;
  response.status(status).setHeader("x-should-retry", String(shouldRetry));
  if (error.retryAfterMs !== null) {
    response.setHeader("retry-after-ms", String(Math.ceil(error.retryAfterMs)));
    response.setHeader("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
  }
  const body = errorBodyOf(
    surfaceOf(request, response),
    error,
    String(response.getHeader("x-request-id") ?? ""),
  );
  // What is paid for already comes along in every shape.
  response.json(error instanceof RunFailedError ? { ...body, run: error.run } : body);
}

/** The error that a response answered; null when it answered none. */
export function refusedError(response: object): TokenHubError | null {
  const locals: unknown = "locals" in response ? response.locals : null;
  if (typeof locals !== "object" || locals === null || !("error" in locals)) return null;
  return locals.error instanceof TokenHubError ? locals.error : null;
}

function errorBodyOf(surface: Surface, error: TokenHubError, requestId: string): Record<string, unknown> {
  const { code, message, param } = error;
  const details = error instanceof BudgetExceededError ? error.details : {};
  switch (surface) {
    case "legacy":
      return { error: code === "admin_unauthorized" ? "Unauthorized" : message, ...details };
    case "native":
      return {
        error: { code, message, type: error.row.openAiType, param, request_id: requestId, ...details },
      };
    case "openai":
    case "anthropic":
      return encodeErrorBody(surface, { code, message, param, requestId });
  }
}
