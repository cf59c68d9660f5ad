import { createServer } from "node:net";
import { ConfigError } from "@tokenhub/config";
import { expect, onTestFinished, test } from "vitest";
import { startAdminServer, type AdminServerOptions, type HealthReport } from "./admin-server.ts";
import { createMetrics } from "./metrics.ts";

const fine: HealthReport = { ready: true, checks: { redis: { ok: true } } };

async function setUp(options: Partial<AdminServerOptions> = {}) {
  const { registry, counter } = createMetrics({ service: "worker" });
  counter({ name: "jobs_total", help: "Jobs.", labels: {} }).add({});
  const server = await startAdminServer({
    port: 0,
    host: "127.0.0.1",
    health: () => fine,
    registry,
    ...options,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const get = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { server, get };
}

test("a healthy process answers 200 on both probes with its checks", async () => {
  const { get } = await setUp();
  for (const path of ["/healthz", "/readyz", "/readyz?verbose"]) {
    const response = await get(path);
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: "ok", checks: { redis: { ok: true } } },
    ]);
  }
});

test("a process that is not ready answers 503 on /readyz and stays live", async () => {
  const { get } = await setUp({
    health: () => ({ ready: false, checks: { redis: { ok: false, detail: "no answer" } } }),
  });
  const response = await get("/readyz");
  expect([response.status, await response.json()]).toEqual([
    503,
    { status: "not ready", checks: { redis: { ok: false, detail: "no answer" } } },
  ]);
  expect((await get("/healthz")).status).toBe(200);
});

test("a process that says it is not live answers 503 on /healthz", async () => {
  const { get } = await setUp({ health: async () => ({ live: false, ready: false, checks: {} }) });
  expect((await get("/healthz")).status).toBe(503);
});

test("a health check that throws, rejects or hangs means live but not ready, and its text stays inside", async () => {
  const checks: (() => HealthReport | Promise<HealthReport>)[] = [
    () => {
      throw new Error("redis://:hunter2@host");
    },
    () => Promise.reject(new Error("redis://:hunter2@host")),
    () => new Promise<HealthReport>(() => {}),
  ];
  for (const health of checks) {
    const { get } = await setUp({ health, healthTimeoutMs: 20 });
    const response = await get("/readyz");
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain("hunter2");
    expect((await get("/healthz")).status).toBe(200);
  }
});

test("/metrics is Prometheus text", async () => {
  const { get } = await setUp();
  const response = await get("/metrics");
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(await response.text()).toContain('jobs_total{service="worker"} 1');
});

test("HEAD works, other methods are 405, other paths 404", async () => {
  const { get } = await setUp();
  expect((await get("/healthz", { method: "HEAD" })).status).toBe(200);
  const post = await get("/healthz", { method: "POST" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect((await get("/")).status).toBe(404);
});

test("S4-46: a busy port is one clear sentence", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => blocker.close(() => resolve())));
  const address = blocker.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  await expect(setUp({ port })).rejects.toThrow(ConfigError);
  await expect(setUp({ port })).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${port} because the port is in use`,
  );
});

test("disposing closes open connections at once and may be repeated", async () => {
  const { server, get } = await setUp();
  await get("/healthz", { headers: { connection: "keep-alive" } });
  await server[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await expect(get("/healthz")).rejects.toThrow("fetch failed");
});
