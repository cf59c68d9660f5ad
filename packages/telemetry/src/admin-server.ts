import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

export interface HealthReport {
  readonly isReady: boolean;
  /** One entry per dependency or fact worth knowing. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AdminServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly registry: Registry;
  readonly health: () => HealthReport | Promise<HealthReport>;
}

export interface AdminServer extends AsyncDisposable {
  readonly port: number;
}

/** Serves `/healthz` (the process lives), `/readyz` (200 or 503) and `/metrics` on a service's own port. */
export async function startAdminServer({ host, port, registry, health }: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    respond(request.url?.split("?")[0] ?? "", response).catch((error: unknown) => {
      sendJson(response, 500, { status: "error", message: error instanceof Error ? error.message : "unknown" });
    });
  });

  async function respond(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case "/healthz":
        return sendJson(response, 200, { status: "ok" });
      case "/readyz": {
        const report = await health();
        return sendJson(response, report.isReady ? 200 : 503, { status: report.isReady ? "ready" : "not ready", ...report.details });
      }
      case "/metrics": {
        const text = await registry.metrics();
        response.writeHead(200, { "content-type": registry.contentType }).end(text);
        return;
      }
      default:
        return sendJson(response, 404, { status: "not found", paths: ["/healthz", "/readyz", "/metrics"] });
    }
  }

  server.listen({ host, port });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
