import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallLog } from "../calls/call-log.ts";
import type { RecordedCall } from "../calls/recorded-call.ts";
import { callOfRequest } from "./call-of-request.ts";
import { serveControl } from "./control.ts";
import { Exchange } from "./exchange.ts";
import type { OpenExchanges } from "./open-exchanges.ts";
import { metricsText } from "./metrics-text.ts";
import { serveProviderCall } from "./provider-call.ts";
import type { ProviderDeps } from "./provider-deps.ts";
import { readBody } from "./read-body.ts";
import { routeOf } from "./route.ts";
import { sendJson } from "./send-json.ts";

export interface HandlerDeps extends ProviderDeps {
  readonly log: CallLog;
  readonly now: () => number;
  readonly keepsBodies: boolean;
  /** Calls that are not finished; a shutdown looks at them. */
  readonly open: OpenExchanges;
  readonly onFinished: (call: RecordedCall) => void;
}

const controlPrefix = "/__mock/";
const noQuery: Readonly<Record<string, string>> = {};

/** Answers every request: health and metrics, the mock's own API, and the imitated providers. */
export async function handleRequest(
  request: IncomingMessage,
  { response, deps }: { readonly response: ServerResponse; readonly deps: HandlerDeps },
): Promise<void> {
  const startedAtMs = deps.now();
  const { path, query } = splitUrl(request.url ?? "/");
  if (path === "/healthz" || path === "/readyz") {
    return sendJson(response, { status: 200, body: { status: "ok" } });
  }
  if (path === "/metrics") {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
    response.end(metricsText(deps.log));
    return;
  }
  if (path.startsWith(controlPrefix)) {
    const control = { request, response, path: path.slice(controlPrefix.length), query };
    return serveControl(control, { plans: deps.plans, log: deps.log });
  }
  const bodyText = request.method === "GET" ? "" : await readBody(request);
  if (bodyText === null) return;
  const body = parseJson(bodyText);
  const { log, instanceId, keepsBodies } = deps;
  const index = log.nextIndex;
  const parts = { index, instanceId, startedAtMs, path, query, body, bodyText, keepsBodies };
  const call = callOfRequest(request, parts);
  const route = routeOf(call.method, path);
  const isAnthropic = route.family === "anthropic" || request.headers["anthropic-version"] !== undefined;
  const family = isAnthropic ? "anthropic" : "openai";
  const exchange = new Exchange({ call, request, body, response, family }, exchangeDeps(deps));
  if (exchange.isOpen) deps.open.add(exchange);
  await serveProviderCall(exchange, { route, deps });
}

function exchangeDeps({
  log,
  now,
  open,
  onFinished,
}: HandlerDeps): ConstructorParameters<typeof Exchange>[1] {
  return {
    log,
    now,
    onClosed: (exchange) => {
      open.delete(exchange);
      onFinished(exchange.call);
    },
  };
}

function splitUrl(url: string): { readonly path: string; readonly query: Readonly<Record<string, string>> } {
  const queryAt = url.indexOf("?");
  if (queryAt < 0) return { path: url, query: noQuery };
  const query = Object.fromEntries(new URLSearchParams(url.slice(queryAt + 1)));
  return { path: url.slice(0, queryAt), query };
}

/** The parsed text, or the text itself when it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
