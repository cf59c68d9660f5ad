import { once } from "node:events";
import { connect } from "node:net";

/** Everything that anybody sends to a Redis while it is watched. */
export interface RedisMonitor extends Disposable {
  /** One line per command: time, client and arguments, as Redis writes them. */
  readonly lines: readonly string[];
}

/**
 * Watches a Redis by the command MONITOR, over a socket of its own: the client library trips over lines that come in one piece
 * with the answer to that command, which they do when others use the server at the same moment.
 */
export async function monitorRedis(url: string): Promise<RedisMonitor> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const lines: string[] = [];
  let rest = "";
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    const parts = (rest + chunk.toString()).split("\r\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((line) => line.slice(1)));
    begin();
  });
  socket.write("MONITOR\r\n");
  await begun;
  return {
    lines,
    [Symbol.dispose]() {
      socket.destroy();
    },
  };
}
