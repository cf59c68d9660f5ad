import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** An error answer of Redis itself, such as `NOAUTH Authentication required.` */
export class RedisReplyError extends Error {
  override readonly name = "RedisReplyError";
}

export interface RedisConnection extends Disposable {
  /** Sends one command and waits for its answer (strings, numbers and null only). */
  send(words: readonly string[]): Promise<string | null>;
}

/**
 * The few commands the start command needs, without loading a client library: one at a time, every wait bounded.
 * Signs in when the URL carries a password.
 * @throws RedisReplyError, or the connection's own error.
 */
export async function openRedis(url: URL, { timeoutMs }: { timeoutMs: number }): Promise<RedisConnection> {
  const socket = await connect(url, { timeoutMs });
  const connection: RedisConnection = {
    send: (words) => send(socket, { words, timeoutMs }),
    [Symbol.dispose]: () => socket.destroy(),
  };
  try {
    if (url.password !== "") {
      const user = url.username === "" ? [] : [decodeURIComponent(url.username)];
      await connection.send(["AUTH", ...user, decodeURIComponent(url.password)]);
    }
    return connection;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function connect(url: URL, { timeoutMs }: { timeoutMs: number }): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1";
  const port = url.port === "" ? 6379 : Number(url.port);
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === "rediss:";
    const socket = isTls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    socket.once(isTls ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      socket.off("error", reject);
      // Errors after this point reach the command that is waiting; between commands nobody has to know.
      socket.on("error", () => undefined);
      resolve(socket);
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function send(socket: Socket, { words, timeoutMs }: { words: readonly string[]; timeoutMs: number }) {
  return new Promise<string | null>((resolve, reject) => {
    let received = "";
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      socket.off("data", onData).off("error", onError).off("close", onClose);
      settle();
    };
    const onError = (error: Error): void => finish(() => reject(error));
    const onClose = (): void => finish(() => reject(new Error("the connection was closed")));
    const onData = (chunk: Buffer): void => {
      received += chunk.toString("latin1");
      const reply = parseReply(received);
      if (reply === null) return;
      finish(() => (reply.kind === "error" ? reject(new RedisReplyError(reply.text)) : resolve(reply.text)));
    };
    const timer = setTimeout(() => onError(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    socket.on("data", onData).on("error", onError).on("close", onClose);
    socket.write(encodeCommand(words));
  });
}

function encodeCommand(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join("")}`;
}

type Reply =
  | { readonly kind: "value"; readonly text: string | null }
  | { readonly kind: "error"; readonly text: string };

/** Decodes one complete answer (`+`, `-`, `:`, `$`); null while it is still incomplete. */
export function parseReply(received: string): Reply | null {
  const lineEnd = received.indexOf("\r\n");
  if (lineEnd === -1) return null;
  const line = received.slice(1, lineEnd);
  if (received.startsWith("-")) return { kind: "error", text: line };
  if (!received.startsWith("$")) return { kind: "value", text: line };
  const length = Number(line);
  if (length < 0) return { kind: "value", text: null };
  const start = lineEnd + 2;
  return received.length < start + length + 2
    ? null
    : { kind: "value", text: received.slice(start, start + length) };
}
