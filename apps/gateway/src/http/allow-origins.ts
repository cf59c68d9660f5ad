import type { RequestHandler } from "express";

const methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const maxAgeSeconds = 300;

/** What browsers may send; further `x-tokenhub-*` and `x-stainless-*` headers are let through as they are asked for. */
const allowedHeaders = [
  "accept",
  "authorization",
  "content-type",
  "x-api-key",
  "api-key",
  "x-request-id",
  "idempotency-key",
  "prefer",
  "if-match",
  "last-event-id",
  "traceparent",
  "anthropic-version",
  "anthropic-beta",
  "anthropic-dangerous-direct-browser-access",
  "openai-organization",
  "openai-project",
  "x-tokenhub-timeout-ms",
] as const;

const exposedHeaders = [
  "x-request-id",
  "request-id",
  "x-tokenhub-model",
  "x-tokenhub-provider",
  "x-tokenhub-reason",
  "x-tokenhub-attempts",
  "x-tokenhub-warnings",
  "x-tokenhub-cache",
  "x-tokenhub-run",
  "link",
  "x-negotiated-model",
  "x-alias-from",
  "idempotency-replay",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "etag",
  "location",
].join(", ");

/**
 * Lets pages of the given origins (`*`: all) call the API from a browser, with keys but never with cookies. A preflight is
 * answered here, before anybody asks for a key.
 */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  const isOpen = origins.includes("*");
  const known = new Set(origins.map((origin) => origin.replace(/\/$/, "").toLowerCase()));
  return (request, response, next) => {
    const { origin } = request.headers;
    if (!isOpen) response.vary("origin");
    if (origin === undefined || (!isOpen && !known.has(origin.toLowerCase()))) {
      next();
      return;
    }
    response.setHeader("access-control-allow-origin", isOpen ? "*" : origin);
    response.setHeader("access-control-expose-headers", exposedHeaders);
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) {
      next();
      return;
    }
    response.setHeader("access-control-allow-methods", methods);
    response.setHeader(
      "access-control-allow-headers",
      [...allowedHeaders, ...askedHeaders(request.headers["access-control-request-headers"])].join(", "),
    );
    response.setHeader("access-control-max-age", String(maxAgeSeconds));
    response.vary("access-control-request-headers");
    response.status(204).end();
  };
}

function askedHeaders(header: string | undefined): string[] {
  const names = (header ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.filter(
    (name) =>
      /^x-(?:tokenhub|stainless)-[a-z0-9-]{1,64}$/.test(name) &&
      !(allowedHeaders as readonly string[]).includes(name),
  );
}
