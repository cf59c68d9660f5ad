import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { anthropic, goodStream, openAi, type WireSamples } from "./wire-samples.ts";

/** What a provider does once a request has arrived whole; it writes its answer, if any, byte for byte. */
export type Misbehaviour = (socket: Socket, wire: WireSamples) => void;

/** Requests that contain this word are answered properly, whatever the case does with others. */
export const normalWord = "be-normal-please";

export interface GarbageUpstream extends AsyncDisposable {
  /** Base URL of one case. */
  urlOf(caseName: string): string;
  /** Misbehaved requests of one case so far. */
  calls(caseName: string): number;
}

/** A provider of raw TCP that plays many cases, told apart by the first part of the path. */
export async function startGarbageUpstream(
  misbehaviours: ReadonlyMap<string, Misbehaviour>,
): Promise<GarbageUpstream> {
  const calls = new Map<string, number>();
  const sockets = new Set<Socket>();
  const serve = (socket: Socket, { path, body }: ReceivedRequest): void => {
    const caseName = decodeURIComponent(path.split("/")[1] ?? "");
    const wire = path.endsWith("/messages") ? anthropic : openAi;
    if (body.includes(normalWord) && path.endsWith("/embeddings")) {
      socket.write(json(goodEmbeddings));
      return;
    }
    if (body.includes(normalWord)) {
      socket.write(
        body.includes('"stream":true') ? sse(goodStream(wire).join("")) : json(wire.body("hello world")),
      );
      return;
    }
    calls.set(caseName, (calls.get(caseName) ?? 0) + 1);
    misbehaviours.get(caseName)?.(socket, wire);
  };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Whoever misbehaves is cut off; that is the point.
    socket.on("error", () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      const request = readRequest(received);
      if (request === null) return;
      received = received.subarray(request.sizeBytes);
      serve(socket, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return {
    urlOf: (caseName) => `http://127.0.0.1:${address.port}/${encodeURIComponent(caseName)}`,
    calls: (caseName) => calls.get(caseName) ?? 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export const goodEmbeddings = JSON.stringify({
  object: "list",
  data: [{ object: "embedding", index: 0, embedding: [0.6, 0.8] }],
  model: "up",
  usage: { prompt_tokens: 2, total_tokens: 2 },
});

interface ReceivedRequest {
  readonly path: string;
  readonly body: string;
  readonly sizeBytes: number;
}

function readRequest(bytes: Buffer): ReceivedRequest | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const head = bytes.subarray(0, headEnd).toString("latin1");
  const lengthBytes = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? "0");
  const sizeBytes = headEnd + 4 + lengthBytes;
  if (bytes.length < sizeBytes) return null;
  const body = bytes.subarray(headEnd + 4, sizeBytes).toString("utf8");
  return { path: head.split(" ")[1] ?? "", body, sizeBytes };
}

/** An HTTP answer whose length is stated, as bytes. */
export function http(
  status: string,
  {
    headers = {},
    body,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly body: string | Buffer },
): Buffer {
  const all = { "content-length": String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`), Buffer.from(body)]);
}

export function json(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Buffer {
  return http("200 OK", { headers: { "content-type": "application/json", ...headers }, body });
}

/** The head of an event stream that ends with its connection. */
export const sseHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/** A whole event stream of stated length. */
export function sse(text: string | Buffer): Buffer {
  return http("200 OK", { headers: { "content-type": "text/event-stream" }, body: text });
}

/** Writes again and again until the other side is gone. */
export function writeForEver(
  socket: Socket,
  { text, everyMs }: { readonly text: string; readonly everyMs: number },
): void {
  const timer = setInterval(() => {
    if (socket.writableLength < 1_000_000) socket.write(text);
  }, everyMs);
  socket.once("close", () => clearInterval(timer));
}
