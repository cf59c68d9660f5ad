import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { spanFacts } from "./gen-ai-attributes.ts";
import type { Span, Tracer } from "./tracer.ts";

/** Spans of the HTTP requests that a process answers. */
export interface RequestTracing {
  /**
   * Wraps a handler so that every request under `/v1/` is a span `tokenhub.request` below the caller's own, from its head to
   * the last byte of the answer. The handler sees the span's context as the request's `traceparent` header.
   */
  wrap(handler: RequestListener): RequestListener;
  /** The open span that has this context; null when there is none. */
  spanOf(traceparent: string | null): Span | null;
}

const untraced: RequestTracing = { wrap: (handler) => handler, spanOf: () => null };

/** @param tracer null: nothing is wrapped, and nothing is spent. */
export function createRequestTracing(tracer: Tracer | null): RequestTracing {
  if (tracer === null) return untraced;
  const open = new Map<string, Span>();
  return {
    spanOf: (traceparent) => (traceparent === null ? null : (open.get(traceparent) ?? null)),
    wrap: (handler) => (request, response) => {
      const path = (request.url ?? "").split("?", 1)[0] ?? "";
      if (path.startsWith("/v1/")) {
        const span = begin(tracer, request, path);
        request.headers["traceparent"] = span.traceparent;
        open.set(span.traceparent, span);
        response.once("close", () => {
          open.delete(span.traceparent);
          finish(span, response);
        });
      }
      handler(request, response);
    },
  };
}

function begin(tracer: Tracer, request: IncomingMessage, path: string): Span {
  const parent = request.headers["traceparent"];
  return tracer.startSpan("tokenhub.request", {
    kind: "server",
    parent: typeof parent === "string" ? parent : null,
    attributes: { [spanFacts.httpMethod]: request.method, [spanFacts.urlPath]: path },
  });
}

function finish(span: Span, response: ServerResponse): void {
  const requestId = response.getHeader("x-request-id");
  span.set({
    [spanFacts.httpStatus]: response.headersSent ? response.statusCode : null,
    [spanFacts.requestId]: typeof requestId === "string" ? requestId : null,
  });
  if (!response.writableFinished) span.fail("caller_gone");
  else if (response.statusCode >= 500) span.fail(String(response.statusCode));
  span.end();
}
