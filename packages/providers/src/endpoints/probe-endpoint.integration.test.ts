import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findProvider } from "../registry.ts";
import { closedPort, listen, type Listening } from "../testing/listen.ts";
import { probeEndpoint, type EndpointProbe, type ProbeOptions } from "./probe-endpoint.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function serve(handler: RequestListener): Promise<Listening> {
  return stack.use(await listen(handler));
}

function probe(type: string, endpoint: string, options: ProbeOptions = {}): Promise<EndpointProbe> {
  const definition = findProvider(type);
  if (definition === null) throw new Error(`no type ${type}`);
  return probeEndpoint(definition, endpoint, options);
}

describe("S1d-32: probeEndpoint", () => {
  test.each([
    ["vllm", "/health"],
    ["openai", "/v1/models"],
    ["ollama", "/v1/models"],
    ["anthropic", "/v1/models?limit=100"],
    ["azure-openai", "/openai/models?api-version=2024-10-21"],
  ])("%s is asked for %s without credential", async (type, path) => {
    const { url, requests } = await serve((_request, response) => response.writeHead(200).end());
    for (const suffix of ["", "/v1/"])
      expect(await probe(type, url + suffix)).toMatchObject({ isReachable: true });
    expect(requests.map((request) => `${request.method} ${request.url}`)).toEqual([
      `GET ${path}`,
      `GET ${path}`,
    ]);
    for (const name of ["authorization", "x-api-key", "api-key"]) {
      expect(requests[0]?.headers).not.toHaveProperty(name);
    }
  });

  test.each([
    [200, true],
    [204, true],
    [401, true],
    [403, true],
    [405, true],
    [302, false],
    [404, false],
    [429, false],
    [500, false],
    [503, false],
  ])("S1d-32: HTTP %d counts as reachable: %s", async (status, isReachable) => {
    const { url } = await serve((_request, response) => response.writeHead(status).end());
    const expected = { isReachable, status, reason: isReachable ? null : `HTTP ${status}` };
    expect(await probe("vllm", url)).toMatchObject(expected);
  });

  test("a closed port, silence, an abort and an address that is none are not reachable, and say why", async () => {
    const silent = await serve(() => undefined);
    const gone = `http://127.0.0.1:${await closedPort()}`;
    expect(await probe("vllm", gone)).toMatchObject({
      isReachable: false,
      reason: "ECONNREFUSED",
      status: null,
    });
    expect(await probe("vllm", silent.url, { timeoutMs: 100 })).toMatchObject({ reason: "timeout" });
    const signal = AbortSignal.abort();
    expect(await probe("vllm", silent.url, { signal })).toMatchObject({ reason: "cancelled" });
    expect((await probe("vllm", "nonsense")).isReachable).toBe(false);
  });

  test("a long answer is not read", async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x".repeat(65_536)), 1);
      response.on("close", () => clearInterval(timer));
    });
    expect(await probe("vllm", url, { timeoutMs: 2_000 })).toMatchObject({ isReachable: true, status: 200 });
  });

  test("the option healthPath names another path", async () => {
    const { url, requests } = await serve((_request, response) => response.writeHead(200).end());
    await probe("openai-compatible", `${url}/v1`, { options: { healthPath: "/live" } });
    await probe("openai-compatible", url, { options: { apiPrefix: "/api" } });
    expect(requests.map((request) => request.url)).toEqual(["/live", "/api/models"]);
  });

  test("a provider inside the process is always reachable", async () => {
    expect(await probe("mock", "whatever")).toMatchObject({ isReachable: true, status: null });
  });
});
