import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ConfigError } from "@tokenhub/config";
import type { MetricsRegistry } from "./metrics.ts";

export interface HealthReport {
  /** False: the process cannot recover by itself and should be restarted. Default true. */
  readonly live?: boolean;
  /** False: it should get no work now. */
  readonly ready: boolean;
  /** One entry per dependency, e.g. `{ redis: { ok: false, detail: "no answer" } }`. Never a secret. */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

export interface AdminServerOptions {
  /** 0 picks a free port. */
  readonly port: number;
  readonly host: string;
  readonly health: () => HealthReport | Promise<HealthReport>;
  readonly registry: MetricsRegistry;
  /** How long `health` may take before the process counts as not ready. Default 2,000 ms. */
  readonly healthTimeoutMs?: number;
}

export interface AdminServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Serves `GET /healthz` (503 when not live), `GET /readyz` (503 when not ready) and `GET /metrics` for a process without an
 * API of its own. A health check that fails or hangs means alive but not ready: restarting would not mend a dependency.
 * @throws ConfigError when the address cannot be listened on.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    answer(request, { response, options }).catch(() => response.destroy());
  });
  const port = await listen(server, options);
  return {
    port,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, { port, host }: AdminServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new ConfigError(listenProblem(error.code, `${host}:${port}`), { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function listenProblem(code: string | undefined, address: string): string {
  if (code === "EADDRINUSE") {
    return `Cannot listen on ${address} because the port is in use; stop the other program or choose another port.`;
  }
  if (code === "EACCES") {
    return `Cannot listen on ${address} because this user may not use that port; choose one above 1023.`;
  }
  return `Cannot listen on ${address} (${code ?? "unknown error"}); choose an address of this machine.`;
}

async function answer(
  request: IncomingMessage,
  { response, options }: { readonly response: ServerResponse; readonly options: AdminServerOptions },
): Promise<void> {
  const path = (request.url ?? "/").split("?")[0];
  if (path !== "/healthz" && path !== "/readyz" && path !== "/metrics")
    return send(response, { status: 404, body: { error: "not found" } });
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return send(response, { status: 405, body: { error: "method not allowed" } });
  }
  if (path === "/metrics") {
    const text = await options.registry.metrics();
    response.setHeader("content-type", options.registry.contentType);
    response.end(text);
    return;
  }
  const report = await readHealth(options);
  const isFine = path === "/healthz" ? report.live !== false : report.ready;
  const status = isFine ? "ok" : path === "/healthz" ? "not live" : "not ready";
  send(response, { status: isFine ? 200 : 503, body: { status, checks: report.checks } });
}

async function readHealth({ health, healthTimeoutMs = 2_000 }: AdminServerOptions): Promise<HealthReport> {
  const timeout = new AbortController();
  const late = new Promise<HealthReport>((resolve) => {
    const timer = setTimeout(
      () => resolve(failed(`no answer within ${healthTimeoutMs} ms`)),
      healthTimeoutMs,
    );
    timeout.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  // The error's text stays out of the answer, because it may be that of a driver with an address in it.
  const report = (async () => health())().catch(() => failed("the health check failed"));
  try {
    return await Promise.race([report, late]);
  } finally {
    timeout.abort();
  }
}

function failed(detail: string): HealthReport {
  return { ready: false, checks: { health: { ok: false, detail } } };
}

function send(
  response: ServerResponse,
  { status, body }: { readonly status: number; readonly body: object },
): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
