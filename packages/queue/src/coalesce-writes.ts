import type { Redis } from "ioredis";
import type { Duplex } from "node:stream";

/**
 * Sends the commands that are issued in one turn of the event loop with one system call. The client writes each command
 * by itself; under load a turn issues dozens, and the calls cost more than the commands do on either side of the socket.
 * (The client's own auto-pipelining groups commands too, but wraps every one in further promises, which costs as much.)
 */
export function coalesceWrites(redis: Redis): void {
  redis.on("connect", () => {
    const { stream } = redis as unknown as { readonly stream: Duplex };
    const write = stream.write.bind(stream) as (...values: unknown[]) => boolean;
    let isCorked = false;
    const uncork = (): void => {
      isCorked = false;
      stream.uncork();
    };
    stream.write = (...values: unknown[]): boolean => {
      if (!isCorked) {
        isCorked = true;
        stream.cork();
        setImmediate(uncork);
      }
      return write(...values);
    };
  });
}
