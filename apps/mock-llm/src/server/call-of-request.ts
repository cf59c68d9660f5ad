import type { IncomingMessage } from "node:http";
import type { MutableCall } from "../calls/recorded-call.ts";
import { redactHeaders } from "../calls/redact-headers.ts";
import { objectOf, stringOf } from "../json-value.ts";
import { deploymentOf } from "./route.ts";

export interface CallParts {
  readonly index: number;
  readonly instanceId: string;
  readonly startedAtMs: number;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly bodyText: string;
  /** False: the record keeps neither body nor headers. */
  readonly keepsBodies: boolean;
}

const noHeaders: Readonly<Record<string, string>> = {};

/** The record of a request that has just come in. */
export function callOfRequest(request: IncomingMessage, parts: CallParts): MutableCall {
  const { index, body, bodyText, keepsBodies, path } = parts;
  const { model, stream } = objectOf(body);
  return {
    index,
    id: `req_${parts.instanceId}${index}`,
    startedAtMs: parts.startedAtMs,
    finishedAtMs: null,
    method: request.method ?? "",
    path,
    query: parts.query,
    model: stringOf(model) ?? deploymentOf(path),
    headers: keepsBodies ? redactHeaders(request.headers) : noHeaders,
    body: keepsBodies && bodyText !== "" ? body : null,
    bodyText: keepsBodies && bodyText !== "" ? bodyText : null,
    requestId: stringOf(request.headers["x-tokenhub-request-id"]),
    stream: stream === true,
    outcome: null,
    status: null,
    completionTokensSent: 0,
  };
}
