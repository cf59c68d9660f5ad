import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One TCP connection on which a test says exactly what it wants, byte for byte. */
export interface RawConnection extends Disposable {
  readonly socket: Socket;
  write(bytes: string | Buffer): void;
  /** The next answer, interim ones (1xx) included. @throws Error when the connection ends or `withinMs` pass before it is whole. */
  answer(withinMs?: number): Promise<RawAnswer>;
  /** How the server left: an orderly end, or the error's code. */
  ending(withinMs?: number): Promise<string>;
}

/** Connects to a local port; answers must have a content-length, as all errors of the gateway do. */
export async function openRawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let received = Buffer.alloc(0);
  let ending: string | null = null;
  let wake: (() => void) | null = null;
  const changed = (): void => wake?.();
  socket.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    changed();
  });
  const end = (how: string): void => {
    ending ??= how;
    changed();
  };
  socket.on("end", () => end("ended"));
  socket.on("close", () => end("closed"));
  socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? "error"));
  await once(socket, "connect");

  async function until<Value>(read: () => Value | null, what: string, withinMs: number): Promise<Value> {
    const giveUpAtMs = performance.now() + withinMs;
    for (;;) {
      const value = read();
      if (value !== null) return value;
      const remainingMs = giveUpAtMs - performance.now();
      if (remainingMs <= 0) throw new Error(`waited ${withinMs} ms for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, remainingMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  function takeAnswer(): RawAnswer | null {
    const parsed = parseAnswer(received);
    if (parsed !== null) {
      received = received.subarray(parsed.sizeBytes);
      return parsed.answer;
    }
    if (ending !== null) throw new Error(`the connection was over (${ending}) before the answer was whole`);
    return null;
  }
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    answer: (withinMs = 5_000) => until(takeAnswer, "an answer", withinMs),
    ending: (withinMs = 5_000) => until(() => ending, "the end of the connection", withinMs),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

function parseAnswer(bytes: Buffer): { readonly answer: RawAnswer; readonly sizeBytes: number } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [statusLine = "", ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const sizeBytes = headEnd + 4 + Number(headers["content-length"] ?? "0");
  if (bytes.length < sizeBytes) return null;
  const body = bytes.subarray(headEnd + 4, sizeBytes).toString("utf8");
  return { answer: { status: Number(statusLine.split(" ")[1]), headers, body }, sizeBytes };
}

/** An HTTP/1.1 request as text; `body` decides the content-length unless the headers say otherwise. */
export function rawRequest(
  path: string,
  {
    method = "POST",
    headers = {},
    body = "",
  }: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  },
): string {
  const isLengthStated = "content-length" in headers || "transfer-encoding" in headers;
  const all = {
    host: "127.0.0.1",
    ...(isLengthStated ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}
