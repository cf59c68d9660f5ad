import type { IncomingMessage } from "node:http";

/**
 * The request's whole body as text; null when the client went away before its end. There is no limit: what a gateway sends
 * is what a test wants to see.
 */
export function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      const [first] = chunks;
      resolve(
        chunks.length === 1 && first !== undefined ? first.toString() : Buffer.concat(chunks).toString(),
      );
    });
    request.once("close", () => resolve(null));
  });
}
