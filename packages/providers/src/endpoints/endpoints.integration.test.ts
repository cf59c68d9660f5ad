import type { RequestListener } from "node:http";
import type { CatalogueProvider } from "@tokenhub/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProviderReply } from "../client/provider-call.ts";
import { createProviderClient } from "../client/provider-client.ts";
import { chunksOf, failureOf, readStream } from "../conformance/expect-reply.ts";
import { buildCall, buildProvider } from "../testing/build-call.ts";
import { closedPort, listen, sendJson, type Listening } from "../testing/listen.ts";
import { vllm } from "../vllm/definition.ts";
import { startEndpointProber, type EndpointState } from "./start-endpoint-prober.ts";

let stack: AsyncDisposableStack;
let nowMs: number;
beforeEach(() => {
  stack = new AsyncDisposableStack();
  nowMs = 1_000_000;
});
afterEach(() => stack.disposeAsync());

const answer: RequestListener = (request, response) => {
  request.resume();
  if (request.url === "/health") response.writeHead(200).end();
  else sendJson(response, { choices: [{ message: { role: "assistant", content: "x" } }] });
};

async function serve(handler: RequestListener = answer, port = 0): Promise<Listening> {
  return stack.use(await listen(handler, port));
}

function vllmAt(servers: readonly { url: string }[]): CatalogueProvider {
  const endpoints = servers.map(({ url }) => url).join(",");
  return buildProvider({ id: "cluster", type: "vllm", options: { endpoints } });
}

function newClient(): ReturnType<typeof createProviderClient> {
  return stack.use(createProviderClient({ clock: () => nowMs }));
}

const posts = ({ requests }: Listening): number => requests.filter(({ method }) => method === "POST").length;

async function callTimes(
  client: ReturnType<typeof createProviderClient>,
  { provider, times }: { provider: CatalogueProvider; times: number },
): Promise<ProviderReply[]> {
  const calls = Array.from({ length: times }, () => client.call(buildCall(provider, { definition: vllm })));
  return Promise.all(calls);
}

const kinds = (replies: readonly ProviderReply[]): string[] => [...new Set(replies.map(({ kind }) => kind))];

describe("S1d-2, S1d-32: several endpoints of one provider", () => {
  test("S1d-2, S1d-32: share calls that run side by side evenly", async () => {
    const servers = [await serve(), await serve(), await serve()];
    await callTimes(newClient(), { provider: vllmAt(servers), times: 30 });
    expect(servers.map(posts)).toEqual([10, 10, 10]);
  });

  test("S1d-32: one of three dies: no call fails, and it is connected to once; it comes back: it is used again", async () => {
    const [first, second, third] = [await serve(), await serve(), await serve()];
    const provider = vllmAt([first, second, third]);
    const client = newClient();
    expect(kinds(await callTimes(client, { provider, times: 3 }))).toEqual(["body"]);
    await second.stop();

    const replies: ProviderReply[] = [];
    for (let call = 0; call < 20; call += 1) {
      replies.push(...(await callTimes(client, { provider, times: 1 })));
    }
    // The first of these may have met a connection that was still open, which says nothing about what was sent on it.
    expect(replies.filter(({ kind }) => kind === "failed").length).toBeLessThanOrEqual(1);
    expect(posts(first) + posts(third)).toBeGreaterThanOrEqual(2 + 19);

    const revived = await serve(answer, second.port);
    nowMs += 4_999;
    expect(kinds(await callTimes(client, { provider, times: 6 }))).toEqual(["body"]);
    expect(posts(revived)).toBe(0);
    nowMs += 60_000;
    for (let call = 0; call < 6; call += 1) await callTimes(client, { provider, times: 1 });
    expect(posts(revived)).toBeGreaterThanOrEqual(2);
  });

  test("an endpoint that is not there costs no call, streamed or not", async () => {
    const alive = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end('data: {"choices":[]}\n\ndata: [DONE]\n\n');
    });
    const gone = { url: `http://127.0.0.1:${await closedPort()}` };
    const provider = vllmAt([gone, alive]);
    const reply = await newClient().call(buildCall(provider, { definition: vllm, stream: true }));
    expect((await readStream(chunksOf(reply))).text).toContain("[DONE]");
    expect(posts(alive)).toBe(1);
  });

  test("a call that was sent is never sent to a second endpoint", async () => {
    const breaking = await serve((request) => {
      request.socket.destroy();
    });
    const other = await serve();
    const provider = vllmAt([breaking, other]);
    const reply = await newClient().call(buildCall(provider, { definition: vllm }));
    expect(failureOf(reply)).toMatchObject({ code: "provider_unreachable" });
    expect([posts(breaking), posts(other)]).toEqual([1, 0]);
  });

  test("an endpoint that answers with errors stays in the rotation: errors are the breaker's business", async () => {
    const failing = await serve((_request, response) => sendJson(response, {}, { status: 500 }));
    const other = await serve();
    const client = newClient();
    await callTimes(client, { provider: vllmAt([failing, other]), times: 10 });
    expect([posts(failing), posts(other)]).toEqual([5, 5]);
  });

  test("when all are gone the call fails once each has been tried", async () => {
    const gone = [await closedPort(), await closedPort()].map((port) => ({
      url: `http://127.0.0.1:${port}`,
    }));
    const reply = await newClient().call(buildCall(vllmAt(gone), { definition: vllm }));
    expect(failureOf(reply)).toMatchObject({ class: "transient", code: "provider_unreachable" });
  });

  test("a busy endpoint gets fewer calls than idle ones", async () => {
    const busyUntil = Promise.withResolvers<void>();
    const slow = await serve((request, response) => {
      void busyUntil.promise.then(() => answer(request, response));
    });
    const fast = await serve();
    const client = newClient();
    const provider = vllmAt([slow, fast]);
    const waiting = client.call(buildCall(provider, { definition: vllm }));
    for (let call = 0; call < 5; call += 1) await callTimes(client, { provider, times: 1 });
    expect([posts(slow), posts(fast)]).toEqual([1, 5]);
    busyUntil.resolve();
    expect((await waiting).kind).toBe("body");
  });

  test("a stream counts as a call in flight until its end", async () => {
    const endNow = Promise.withResolvers<void>();
    const streaming = await serve((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"choices":[]}\n\n');
      void endNow.promise.then(() => response.end("data: [DONE]\n\n"));
    });
    const other = await serve();
    const client = newClient();
    const provider = vllmAt([streaming, other]);
    const stream = await client.call(buildCall(provider, { definition: vllm, stream: true }));
    await callTimes(client, { provider, times: 1 });
    await callTimes(client, { provider, times: 1 });
    expect([posts(streaming), posts(other)]).toEqual([1, 2]);
    endNow.resolve();
    await readStream(chunksOf(stream));
    const next = await client.call(buildCall(provider, { definition: vllm, stream: true }));
    expect(next.kind).toBe("stream");
    expect(posts(streaming)).toBe(2);
  });
});

describe("S1d-32: health checks and the rotation", () => {
  test("S1d-32: a check that fails takes an endpoint out before any call, one that succeeds brings it back at once", async () => {
    let isLoading = true;
    const loading = await serve((request, response) => {
      if (request.url === "/health" && isLoading) response.writeHead(503).end();
      else answer(request, response);
    });
    const ready = await serve();
    const provider = vllmAt([loading, ready]);
    const client = newClient();
    const states: EndpointState[] = [];
    await using prober = startEndpointProber({
      providers: [provider],
      onState: (state) => {
        states.push(state);
        client.reportEndpoint(state);
      },
    });
    await prober.probeNow();
    expect(states.map(({ endpoint, isReachable, reason }) => ({ endpoint, isReachable, reason }))).toEqual(
      expect.arrayContaining([
        { endpoint: loading.url, isReachable: false, reason: "HTTP 503" },
        { endpoint: ready.url, isReachable: true, reason: null },
      ]),
    );
    await callTimes(client, { provider, times: 6 });
    expect([posts(loading), posts(ready)]).toEqual([0, 6]);
    isLoading = false;
    await prober.probeNow();
    await callTimes(client, { provider, times: 6 });
    expect([posts(loading), posts(ready)]).toEqual([3, 9]);
  });
});
