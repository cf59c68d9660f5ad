import type { IncomingMessage } from "node:http";

/** A host name, IPv4 address or IPv6 address in brackets, with or without a port. */
const plainHost = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * How whoever sent the request reaches this gateway, from its `host` header. `https` when a proxy says that it was, so that
 * nobody copies a command that would send a key in the clear. A host of any other form is not repeated.
 */
export function readBaseUrl({ headers, socket }: Pick<IncomingMessage, "headers" | "socket">): string {
  const { host = "" } = headers;
  const protocol = headers["x-forwarded-proto"] === "https" ? "https" : "http";
  return `${protocol}://${plainHost.test(host) ? host : `localhost:${socket.localPort ?? 8080}`}`;
}
