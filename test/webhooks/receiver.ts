import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** One request that a receiver got. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The exact text. */
  readonly body: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

/** What a receiver does with its n-th request, from 1. */
export type Reaction = (response: ServerResponse, number: number, received: Received) => void;

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  react: Reaction;
}

export const take: Reaction = (response) => void response.writeHead(204).end();
export const answer =
  (status: number, headers: Record<string, string> = {}): Reaction =>
  (response) =>
    void response.writeHead(status, headers).end("as you like");

let opened = 0;

/**
 * A real HTTP server that keeps what it gets at its own path: endpoints of tests before this one may lead to the same port.
 */
export async function openReceiver(react: Reaction = take): Promise<Receiver> {
  const received: Received[] = [];
  opened += 1;
  const path = `/hook/${opened}`;
  const receiver = { url: "", received, react };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const event = body === "" ? {} : (JSON.parse(body) as Received["event"]);
      const one = { path: request.url ?? "", headers: request.headers, body, event, atMs: Date.now() };
      if (one.path !== path) return void response.writeHead(404).end();
      received.push(one);
      receiver.react(response, received.length, one);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return receiver;
}
