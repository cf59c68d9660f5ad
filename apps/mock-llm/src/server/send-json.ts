import type { ServerResponse } from "node:http";

/** Sends a JSON answer of the mock's own API. */
export function sendJson(
  response: ServerResponse,
  { status, body }: { readonly status: number; readonly body: unknown },
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** Sends 204. */
export function sendNothing(response: ServerResponse): void {
  response.writeHead(204);
  response.end();
}
