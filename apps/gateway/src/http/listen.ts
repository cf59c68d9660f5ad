import { ConfigError } from "@tokenhub/config";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { refuseMalformed } from "./refuse-malformed.ts";

export interface HttpListener extends AsyncDisposable {
  readonly port: number;
  /** Ends idle connections and asks the busy ones to close; resolves when all are gone or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly handler: RequestListener;
  readonly isDraining: () => boolean;
}

const idleSweepMs = 50;

/** Opens the public listener. @throws ConfigError in one sentence when the address cannot be used. */
export async function listen({ host, port, handler, isDraining }: ListenOptions): Promise<HttpListener> {
  const latestAnswers = new WeakMap<Duplex, ServerResponse>();
  const serve: RequestListener = (request, response) => {
    latestAnswers.set(request.socket, response);
    if (isDraining()) response.setHeader("connection", "close");
    handler(request, response);
  };
  const server = createServer(serve);
  // The go-ahead is given when the body is read, so that whatever is refused before needs no body.
  server.on("checkContinue", serve);
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    const latest = latestAnswers.get(socket);
    // An error in the middle of an answer would read as part of it.
    if (latest?.headersSent === true && !latest.writableFinished) socket.end(() => socket.destroy());
    else refuseMalformed(error, socket);
  });
  server.requestTimeout = 60_000;
  server.headersTimeout = 15_000;
  server.keepAliveTimeout = 75_000;
  const sockets = trackSockets(server);
  await opened(server, host, port);
  const close = (graceMs: number): Promise<void> => closeServer(server, { sockets, graceMs });
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: () => close(0) };
}

function opened(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(new ConfigError(listenFault(error, host, port), { cause: error })),
    );
    server.listen({ host, port, backlog: 2_048 });
  });
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): string {
  const address = `${host}:${port}`;
  if (error.code === "EADDRINUSE")
    return `Port ${port} is in use already; stop the program that listens on ${address}, or set TOKENHUB_PORT to another port.`;
  if (error.code === "EACCES")
    return `This user may not listen on ${address}; set TOKENHUB_PORT to a port above 1023.`;
  return `TokenHub cannot listen on ${address} (${error.code ?? error.message}); set TOKENHUB_HOST to an address of this machine.`;
}

function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

interface Closing {
  readonly sockets: ReadonlySet<Socket>;
  readonly graceMs: number;
}

/** `server.close()` alone waits for keep-alive sockets; sweeping idle ones lets it end with the last answer. */
function closeServer(server: Server, { sockets, graceMs }: Closing): Promise<void> {
  const closeUnused = (): void => {
    server.closeIdleConnections();
    // A connection opened in advance that has not sent a byte yet does not count as idle.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  };
  return new Promise((resolve) => {
    const sweep = setInterval(closeUnused, idleSweepMs);
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
    closeUnused();
  });
}
