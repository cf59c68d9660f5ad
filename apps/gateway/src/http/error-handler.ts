import { TokenHubError } from "@tokenhub/contracts";
import type { Logger } from "@tokenhub/telemetry";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import type { GatewayEvents } from "../events.ts";
import { requestIdOf } from "./assign-request-id.ts";
import type { AddressReader } from "./client-address.ts";
import { discardRest } from "./discard-rest.ts";
import { sendError } from "./surface.ts";

/** The one place where errors become HTTP. Express knows it by its four parameters. */
export function createErrorHandler(
  logger: Logger,
  {
    onRefused,
    addressOf,
  }: { readonly onRefused: GatewayEvents["refused"]; readonly addressOf: AddressReader },
) {
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const known = toTokenHubError(error);
    if (known.code === "internal_error")
      logger.error({ err: error, requestId: response.getHeader("x-request-id") }, "request failed");
    onRefused({
      requestId: requestIdOf(response),
      path: request.path,
      remoteAddress: addressOf(request) || null,
      error: known,
    });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // A client that was not told to go ahead may leave its body out, and its next request would be taken for it.
    if (request.headers.expect !== undefined && !request.complete) response.setHeader("connection", "close");
    sendError(request, response, known);
    discardRest(request);
  };
}

function toTokenHubError(error: unknown): TokenHubError {
  if (error instanceof TokenHubError) return error;
  if (error instanceof URIError)
    return new TokenHubError("unknown_path", "The path is not a valid URL path.");
  return new TokenHubError(
    "internal_error",
    "TokenHub failed to handle the request. Quote the request id to the operator.",
    { cause: error },
  );
}

/** Answers any method a path does not serve with 405 and the methods it does. */
export function allowOnly(...methods: readonly string[]): RequestHandler {
  return (request, response) => {
    response.setHeader("allow", methods.join(", "));
    throw new TokenHubError(
      "method_not_allowed",
      `${request.method} is not allowed here. Use ${methods.join(" or ")}.`,
    );
  };
}

export const unknownPath: RequestHandler = (request) => {
  throw new TokenHubError(
    "unknown_path",
    `There is nothing at ${request.path.slice(0, 200)}. See /docs for the paths of this API.`,
  );
};
