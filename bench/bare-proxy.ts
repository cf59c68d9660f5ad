// The least that a gateway on node:http and undici can do: pass requests and answers through as streams, nothing else.
// Run by `bench/run.ts`: `node bench/bare-proxy.ts <port> <upstream URL>`.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { Pool } from "undici";

const [port = "", upstream = ""] = process.argv.slice(2);
const pool = new Pool(upstream);
const hopByHopHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "host", "expect"]);

createServer((request, response) => {
  passThrough(request, response).catch((error: unknown) => {
    if (!response.headersSent) response.writeHead(502).end(String(error));
    else response.destroy();
  });
}).listen(Number(port), "127.0.0.1");

async function passThrough(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await pool.request({
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: endToEnd(request.headers),
    body: request,
  });
  response.writeHead(answer.statusCode, endToEnd(answer.headers));
  await pipeline(answer.body, response);
}

function endToEnd(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHopHeaders.has(name)) kept[name] = value;
  }
  return kept;
}
