import { idFrom } from "@tokenhub/contracts";
import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";

/** Gives every request its id, under both header names that official SDKs read. */
export const assignRequestId: RequestHandler = (_request, response, next) => {
  const requestId = idFrom("request", randomUUID());
  response.locals["requestId"] = requestId;
  response.setHeader("x-request-id", requestId);
  response.setHeader("request-id", requestId);
  next();
};

export function requestIdOf(response: { locals: Record<string, unknown> }): string {
  return String(response.locals["requestId"]);
}
