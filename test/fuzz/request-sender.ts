import { buildConnector, Pool, type Dispatcher } from "undici";
import type { FuzzAnswer, FuzzRequest } from "./fuzz-request.ts";
import type { FuzzSite } from "./fuzz-site.ts";
import { encode } from "./request-paths.ts";

/** Every answer is there by then, streams included. */
export const answerLimitMs = 10_000;
/** Event streams of the administration never end; this much of one is read. */
const streamReadMs = 30;

/** A request as it goes over the wire: its placeholders are filled in. */
export interface SentRequest extends FuzzRequest {
  readonly credentials: readonly (readonly [name: string, value: string])[];
}

export interface RequestSender extends AsyncDisposable {
  /** Fills in ids that live at the site, and who asks. */
  prepare(request: FuzzRequest, seed: number): SentRequest;
  /** @returns a text where there is no answer: what happened instead. */
  send(request: SentRequest): Promise<FuzzAnswer | string>;
}

export function openSender(site: FuzzSite, { connections }: { readonly connections: number }): RequestSender {
  const { live } = site;
  const connector = buildConnector({ timeout: answerLimitMs });
  const pool = new Pool(site.network.url, {
    connections,
    pipelining: 1,
    // A strange Host header is sent, but names no server to connect to.
    connect: ({ servername: _fromHostHeader, ...options }, done) => connector(options, done),
  });
  const jsonText = (id: string): string => JSON.stringify(id).slice(1, -1);
  return {
    prepare: (request, seed) => ({
      ...request,
      path: live.fill(request.path, encode),
      // Byte by byte, because a damaged body need not be UTF-8.
      body:
        request.body === null
          ? null
          : Buffer.from(
              live.fill(request.body.toString("latin1"), (id) =>
                Buffer.from(jsonText(id)).toString("latin1"),
              ),
              "latin1",
            ),
      credentials: site.credentialsOf(request.caller, seed),
    }),
    async send(request) {
      const startedAtMs = performance.now();
      try {
        const response = await pool.request({
          method: request.method as Dispatcher.HttpMethod,
          path: request.path,
          headers: headersOf(request),
          body: request.body,
          signal: AbortSignal.timeout(answerLimitMs),
          headersTimeout: 0,
          bodyTimeout: 0,
        });
        const text = await readText(response, request);
        const durationMs = performance.now() - startedAtMs;
        return { status: response.statusCode, headers: response.headers, text, durationMs };
      } catch (error) {
        const name =
          error instanceof Error ? `${error.name} ${String((error as { code?: unknown }).code)}` : "";
        return `no answer after ${Math.round(performance.now() - startedAtMs)} ms: ${name} ${String(error)}`;
      }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

function headersOf({ headers, credentials, address, body }: SentRequest): string[] {
  const stated = new Set(headers.map(([name]) => name));
  const own: (readonly [string, string])[] = [["x-forwarded-for", address], ...credentials];
  if (body !== null && !stated.has("content-type")) own.push(["content-type", "application/json"]);
  return [...own, ...headers].flat();
}

async function readText(response: Dispatcher.ResponseData, request: SentRequest): Promise<string> {
  const isEndless =
    request.path.startsWith("/admin/") &&
    String(response.headers["content-type"]).startsWith("text/event-stream");
  if (!isEndless) return response.body.text();
  const chunks: Buffer[] = [];
  response.body.on("data", (chunk: Buffer) => chunks.push(chunk));
  response.body.on("error", () => undefined);
  await new Promise((resolve) => setTimeout(resolve, streamReadMs));
  response.body.destroy();
  // What comes after the last whole event was cut off here, not there.
  const text = Buffer.concat(chunks).toString();
  return text.includes("\n\n") ? text.slice(0, text.lastIndexOf("\n\n")) : "";
}
