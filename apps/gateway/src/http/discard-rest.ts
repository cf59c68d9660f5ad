import type { IncomingMessage } from "node:http";

/** What a client may still send after it was refused, before its connection is cut. */
const lingerLimit = { bytes: 67_108_864, durationMs: 10_000 } as const;

/**
 * Takes the rest of a refused request's body off the wire and throws it away. Closing instead would reset the connection
 * under a client that is still sending, and with it the answer that says why. The connection serves the next request
 * afterwards; a client that does not come to an end loses it. A request that the gateway made of itself has no connection.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.readableEnded || request.destroyed) return;
  let sizeBytes = 0;
  const cut = (): void => void request.destroy();
  const timer = setTimeout(cut, lingerLimit.durationMs).unref();
  request.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > lingerLimit.bytes) cut();
  });
  const forget = (): void => clearTimeout(timer);
  request.once("end", forget);
  request.once("close", forget);
  request.once("error", cut);
}
