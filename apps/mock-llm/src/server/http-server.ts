import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { OpenExchanges } from "./open-exchanges.ts";

/** Longer than clients keep idle connections, so that it is never the mock that closes one just as a request comes. */
const keepAliveMs = 120_000;

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that listens, and the address it got. */
export interface ListeningServer {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

/**
 * Starts an HTTP server without any limit on how long a request or an answer may take.
 *
 * @throws Error in one sentence when the address cannot be used.
 */
export async function listen(
  listener: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<ListeningServer> {
  const server = createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: 0 }, listener);
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new Error(listenFailure(error, { host, port }), { cause: error });
  }
  const address = server.address();
  const actualPort = typeof address === "object" && address !== null ? address.port : port;
  return { server, port: actualPort, url: `http://${clientHost(host)}:${actualPort}` };
}

/** Stops a server: no new calls, a moment for those under way, none for those that only the client could end. */
export async function shutDown(
  { server }: ListeningServer,
  { open, graceMs }: { readonly open: OpenExchanges; readonly graceMs: number },
): Promise<void> {
  const closed = once(server, "close");
  server.close();
  open.abandonEndless();
  await Promise.race([open.whenEmpty(), setTimeout(graceMs, undefined, { ref: false })]);
  open.abandonAll();
  // Node keeps a connection whose answer ended after the close, in case another request comes on it.
  server.closeAllConnections();
  await closed;
}

function listenFailure(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EADDRINUSE") {
    return `Port ${port} on ${host} is taken by another program; set TOKENHUB_MOCK_PORT to a free one.`;
  }
  if (code === "EACCES")
    return `Port ${port} on ${host} may not be used; set TOKENHUB_MOCK_PORT to one above 1023.`;
  return `${host}:${port} cannot be listened on; check TOKENHUB_MOCK_HOST and TOKENHUB_MOCK_PORT.`;
}

/** Where a client on the same machine finds a server that listens on this host. */
function clientHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
