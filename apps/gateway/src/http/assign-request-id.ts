import { idFrom } from "@tokenhub/contracts";
import { randomUUID } from "node:crypto";
import type { RequestHandler, Response } from "express";
import type { InternalCalls } from "../jobs/internal-call.ts";

/** Gives every request its id, under both header names that official SDKs read. A job's request has its id already. */
export function assignRequestId(internalCalls: InternalCalls): RequestHandler {
  return (request, response, next) => {
    const call = internalCalls.of(request);
    const requestId = call?.kind === "execute" ? call.requestId : idFrom("request", randomUUID());
    setRequestId(response, requestId);
    next();
  };
}

export function setRequestId(response: Response, requestId: string): void {
  response.locals["requestId"] = requestId;
  response.setHeader("x-request-id", requestId);
  response.setHeader("request-id", requestId);
}

export function requestIdOf(response: { locals: Record<string, unknown> }): string {
  return String(response.locals["requestId"]);
}
