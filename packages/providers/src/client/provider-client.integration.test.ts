import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import type { CatalogueProvider } from "@tokenhub/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { chunksOf, failureOf, readStream } from "../conformance/expect-reply.ts";
import { findProvider } from "../registry.ts";
import type { CallLimits, ProviderCallInput, ProviderClient, ProviderReply } from "./provider-call.ts";
import { createProviderClient } from "./provider-client.ts";
import { ProviderStreamError } from "./provider-stream-error.ts";

const completion = { id: "c1", choices: [{ index: 0, message: { role: "assistant", content: "grüße 🙂" } }] };
const limits: CallLimits = { headersTimeoutMs: 5_000, idleTimeoutMs: 5_000, totalTimeoutMs: 10_000 };

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function listen(handler: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function newClient(): ProviderClient {
  const client = createProviderClient();
  cleanUps.push(async () => client[Symbol.asyncDispose]());
  return client;
}

function provider(baseUrl: string, overrides: Partial<CatalogueProvider> = {}): CatalogueProvider {
  return {
    id: "local",
    type: "openai-compatible",
    enabled: true,
    baseUrl,
    timeoutMs: 10_000,
    concurrency: 8,
    headers: {},
    options: {},
    credentialSource: "none",
    rateLimit: null,
    ...overrides,
  };
}

function input(target: CatalogueProvider, overrides: Partial<ProviderCallInput> = {}): ProviderCallInput {
  const definition = findProvider(target.type);
  if (definition === null) throw new Error(`no provider type ${target.type}`);
  return {
    provider: target,
    definition,
    operation: "chat",
    apiKey: null,
    bodyText: '{"model":"m","messages":[]}',
    stream: false,
    upstreamModel: "m",
    requestId: "req_0123456789abcdef",
    signal: new AbortController().signal,
    limits,
    ...overrides,
  };
}

/** Serves one handler and makes one call to it. */
async function callTo(
  handler: RequestListener,
  overrides: Partial<ProviderCallInput> = {},
): Promise<ProviderReply> {
  const { url } = await listen(handler);
  return newClient().call(input(provider(url), overrides));
}

function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function openEventStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
}

const deltaEvent = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "x" } }] })}\n\n`;

describe("an answer", () => {
  test("comes back as the bytes the provider sent, parsed beside it, with rate-limit headers only", async () => {
    const reply = await callTo((_request, response) => {
      response.setHeader("x-ratelimit-remaining-requests", "7");
      response.setHeader("x-request-id", "up-1");
      response.setHeader("set-cookie", "a=b");
      sendJson(response, completion);
    });
    expect(reply).toEqual({
      kind: "body",
      status: 200,
      bodyText: JSON.stringify(completion),
      json: completion,
      headers: { "x-ratelimit-remaining-requests": "7", "x-request-id": "up-1" },
      rateLimit: {
        limitRequests: null,
        remainingRequests: 7,
        requestsResetAtMs: null,
        limitTokens: null,
        remainingTokens: null,
        tokensResetAtMs: null,
        resetAtMs: null,
      },
    });
  });

  test("is put together from single bytes, characters cut in two included", async () => {
    const reply = await callTo(async (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      for (const byte of Buffer.from(JSON.stringify(completion))) {
        response.write(Buffer.from([byte]));
        await new Promise(setImmediate);
      }
      response.end();
    });
    expect(reply).toMatchObject({ kind: "body", json: completion });
  });

  test("that is HTML, cut, empty or no object is a bad response worth another try", async () => {
    const bodies = ["", '{"id":"c1","choi', '"text"', "null", "data: {}\n\n"];
    for (const bodyText of bodies) {
      const reply = await callTo((_request, response) => {
        response.writeHead(200, { "content-type": "application/json" }).end(bodyText);
      });
      expect({ bodyText, ...failureOf(reply) }).toMatchObject({
        bodyText,
        class: "transient",
        code: "provider_bad_response",
      });
    }
    const html = await callTo((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end(JSON.stringify(completion));
    });
    expect(failureOf(html)).toMatchObject({ class: "transient", code: "provider_bad_response" });
  });

  test("shorter than its content-length is never taken for an answer", async () => {
    const reply = await callTo((_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write(JSON.stringify(completion), () => response.destroy());
    });
    expect(failureOf(reply)).toMatchObject({ class: "transient", providerStatus: 200 });
  });

  test("above the size limit is refused, announced or not", async () => {
    const big = JSON.stringify({ choices: ["x".repeat(5_000)] });
    const small: CallLimits = { ...limits, maxResponseBytes: 1_000 };
    for (const headers of [{ "content-length": String(big.length) }, {}]) {
      const reply = await callTo(
        (_request, response) => {
          response.writeHead(200, { "content-type": "application/json", ...headers });
          response.write(big.slice(0, 2_000));
          response.end(big.slice(2_000));
        },
        { limits: small },
      );
      expect(failureOf(reply)).toMatchObject({ class: "fatal", code: "provider_bad_response" });
    }
  });
});

describe("what is sent", () => {
  test("is the body byte for byte, at the operation's path, with our request id and no credential", async () => {
    const bodyText = '{ "model":"m",\n "unknown_field": 1.0, "text":"grüße 🙂 \\u0000" }';
    const seen: { request: IncomingMessage; body: string }[] = [];
    const reply = await callTo(
      async (request, response) => {
        const pieces: Buffer[] = [];
        for await (const piece of request) pieces.push(piece as Buffer);
        seen.push({ request, body: Buffer.concat(pieces).toString() });
        sendJson(response, completion);
      },
      { bodyText },
    );
    expect(reply.kind).toBe("body");
    expect(seen[0]?.body).toBe(bodyText);
    expect(seen[0]?.request).toMatchObject({ method: "POST", url: "/v1/chat/completions" });
    expect(seen[0]?.request.headers).toMatchObject({
      "content-type": "application/json",
      accept: "application/json",
      "content-length": String(Buffer.byteLength(bodyText)),
      "x-tokenhub-request-id": "req_0123456789abcdef",
    });
    expect(Object.keys(seen[0]?.request.headers ?? {})).not.toContain("authorization");
  });

  test("a key that cannot be a header value, or none where one is needed, never leaves the process", async () => {
    let requests = 0;
    const { url } = await listen((_request, response) => {
      requests += 1;
      sendJson(response, completion);
    });
    const client = newClient();
    const broken = await client.call(input(provider(url), { apiKey: "sk-secret-value\nx: y" }));
    const missing = await client.call(input(provider(url, { id: "o", type: "openai" }), { apiKey: null }));
    expect(failureOf(broken)).toMatchObject({ class: "auth", code: "provider_auth_failed" });
    expect(JSON.stringify(broken)).not.toContain("sk-secret-value");
    expect(failureOf(missing)).toMatchObject({ class: "auth", code: "provider_auth_failed" });
    expect(requests).toBe(0);
  });

  test("a configured header that HTTP does not allow is a fatal failure, not an exception", async () => {
    const { url } = await listen((_request, response) => sendJson(response, completion));
    const reply = await newClient().call(input(provider(url, { headers: { "x-team": "a\r\nb" } })));
    expect(failureOf(reply)).toMatchObject({ class: "fatal" });
  });
});

describe("a provider that cannot be reached", () => {
  test("refused, unresolvable or without TLS is a transient failure", async () => {
    const { url, server } = await listen(() => undefined);
    const tls = await newClient().call(input(provider(url.replace("http:", "https:"))));
    expect(failureOf(tls)).toMatchObject({ class: "transient", code: "provider_unreachable" });
    server.close();
    await once(server, "close");
    for (const baseUrl of [url, "http://no-such-host.invalid"]) {
      const reply = await newClient().call(input(provider(baseUrl)));
      expect(failureOf(reply)).toMatchObject({
        class: "transient",
        code: "provider_unreachable",
        providerStatus: null,
      });
    }
  });

  test.each(["not a url", "ftp://host", "http://"])(
    "with the address %j is a fatal failure",
    async (baseUrl) => {
      expect(failureOf(await newClient().call(input(provider(baseUrl))))).toMatchObject({ class: "fatal" });
    },
  );

  test("without any address is a fatal failure", async () => {
    const reply = await newClient().call(input(provider("", { baseUrl: null })));
    expect(failureOf(reply)).toMatchObject({ class: "fatal", code: "provider_unreachable" });
  });

  test("S1d-32: is left out of the rotation while another endpoint answers, and fails no call", async () => {
    const { url: gone, server } = await listen(() => undefined);
    server.close();
    await once(server, "close");
    const { url: alive } = await listen((_request, response) => sendJson(response, completion));
    const client = newClient();
    const target = provider(gone, { baseUrl: null, options: { endpoints: `${gone},${alive}` } });
    for (let call = 0; call < 5; call += 1) expect((await client.call(input(target))).kind).toBe("body");
  });

  test("that talks something else than HTTP gives a bad response", async () => {
    const server = createTcpServer((socket) => {
      socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanUps.push(() => new Promise((resolve) => server.close(() => resolve())));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const failure = failureOf(await newClient().call(input(provider(url))));
    expect(failure).toMatchObject({ class: "transient", code: "provider_bad_response" });
  });
});

describe("an error answer", () => {
  test("is classified with the provider's words beside our sentence", async () => {
    const reply = await callTo((_request, response) => {
      response.setHeader("retry-after", "7");
      sendJson(
        response,
        { error: { message: "slow down", type: "requests", code: "rate_limit_exceeded" } },
        429,
      );
    });
    expect(reply).toMatchObject({ kind: "failed", headers: { "retry-after": "7" } });
    expect(failureOf(reply)).toMatchObject({
      class: "rate_limited",
      code: "provider_rate_limited",
      providerStatus: 429,
      providerMessage: "slow down",
      providerCode: "rate_limit_exceeded",
      retryAfterMs: 7_000,
    });
  });

  test("that repeats the key is stored without it", async () => {
    const apiKey = "sk-live-0123456789abcdef";
    const message = `${"x".repeat(1_990)} ${apiKey}`;
    const reply = await callTo(
      (_request, response) => sendJson(response, { error: { message, code: apiKey } }, 401),
      {
        apiKey,
      },
    );
    expect(failureOf(reply)).toMatchObject({ class: "auth", providerStatus: 401 });
    expect(failureOf(reply).providerMessage).toHaveLength(2_000);
    expect(JSON.stringify(reply)).not.toContain("sk-live");
  });

  test("with an endless or a stalled body is classified by its status", async () => {
    const endless = await callTo(async (_request, response) => {
      response.writeHead(503, { "content-type": "text/plain" });
      while (!response.destroyed) {
        response.write("x".repeat(10_000));
        await new Promise(setImmediate);
      }
    });
    expect(failureOf(endless)).toMatchObject({ class: "transient", providerStatus: 503 });
    expect(failureOf(endless).providerMessage).toHaveLength(2_000);
    const stalled = await callTo(
      (_request, response) => {
        response.writeHead(503, { "content-type": "text/plain" }).write("over");
      },
      { limits: { ...limits, idleTimeoutMs: 50 } },
    );
    expect(failureOf(stalled)).toMatchObject({ providerStatus: 503, providerMessage: "over" });
  });

  test("cut off by a reset is classified by its status", async () => {
    const reply = await callTo((_request, response) => {
      response.writeHead(500, { "content-type": "application/json", "content-length": "500" });
      response.write('{"error":', () => response.socket?.resetAndDestroy());
    });
    expect(failureOf(reply)).toMatchObject({ class: "transient", providerStatus: 500 });
  });

  test("that redirects is fatal and not followed", async () => {
    let followed = 0;
    const { url: elsewhere } = await listen((_request, response) => {
      followed += 1;
      sendJson(response, completion);
    });
    for (const status of [301, 302, 307, 308]) {
      const reply = await callTo((_request, response) => {
        response.writeHead(status, { location: `${elsewhere}/v1/chat/completions` }).end();
      });
      expect(failureOf(reply)).toMatchObject({ class: "fatal", providerStatus: status });
      expect(failureOf(reply).message).not.toContain(elsewhere);
    }
    expect(followed).toBe(0);
  });
});

describe("time limits", () => {
  const quick: CallLimits = { headersTimeoutMs: 200, idleTimeoutMs: 200, totalTimeoutMs: 5_000 };

  test("silence before the headers, and inside the body, is a timeout", async () => {
    const silent = await callTo(() => undefined, { limits: quick });
    expect(failureOf(silent)).toMatchObject({
      class: "transient",
      code: "provider_timeout",
      providerStatus: null,
      message: "The provider sent no response headers within 200 ms.",
    });
    const stalled = await callTo(
      (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" }).write('{"id":');
      },
      { limits: quick },
    );
    expect(failureOf(stalled)).toMatchObject({
      code: "provider_timeout",
      providerStatus: 200,
      message: "The provider sent nothing for 200 ms.",
    });
  });

  test("a body that drips for ever ends with the total limit", async () => {
    const reply = await callTo(
      (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const timer = setInterval(() => response.write(" "), 5);
        response.on("close", () => clearInterval(timer));
      },
      { limits: { ...limits, totalTimeoutMs: 150 } },
    );
    expect(failureOf(reply)).toMatchObject({
      code: "provider_timeout",
      message: "The provider did not finish its answer within 150 ms.",
    });
  });

  test("comments do not count as the first event", async () => {
    const reply = await callTo(
      (_request, response) => {
        openEventStream(response);
        const timer = setInterval(() => response.write(": keep-alive\n\n"), 5);
        response.on("close", () => clearInterval(timer));
      },
      { stream: true, limits: { ...limits, firstTokenTimeoutMs: 100 } },
    );
    expect(failureOf(reply)).toMatchObject({
      code: "provider_timeout",
      message: "The provider sent no stream event within 100 ms.",
    });
  });

  test("a stream that falls silent ends with what had arrived and a timeout", async () => {
    const reply = await callTo(
      (_request, response) => {
        openEventStream(response);
        response.write(deltaEvent);
      },
      { stream: true, limits: quick },
    );
    const { text, error } = await readStream(chunksOf(reply));
    expect(text).toBe(deltaEvent);
    expect(error).toBeInstanceOf(ProviderStreamError);
    expect(error).toMatchObject({ failure: { class: "transient", code: "provider_timeout" } });
  });
});

describe("a stream", () => {
  test("arrives exactly as sent, comments and cut characters included", async () => {
    const sent = `: hello\n\ndata: {"a":"grüße"}\r\n\r\n${deltaEvent}: ping\n\ndata: 🙂🙂\n\ndata: [DONE]\n\n`;
    const reply = await callTo(
      async (_request, response) => {
        openEventStream(response);
        for (const byte of Buffer.from(sent)) {
          response.write(Buffer.from([byte]));
          await new Promise(setImmediate);
        }
        response.end();
      },
      { stream: true },
    );
    expect(await readStream(chunksOf(reply))).toEqual({ text: sent, error: null });
  });

  test("that ends, breaks or fails before its first event is a failure, not a stream", async () => {
    const ended = await callTo(
      (_request, response) => {
        openEventStream(response);
        response.end(": hello\n\n");
      },
      { stream: true },
    );
    expect(failureOf(ended)).toMatchObject({ class: "transient", code: "provider_bad_response" });
    const broken = await callTo(
      (_request, response) => {
        openEventStream(response);
        response.write("data: {", () => response.socket?.resetAndDestroy());
      },
      { stream: true },
    );
    expect(failureOf(broken)).toMatchObject({ class: "transient", code: "provider_unreachable" });
    const refused = await callTo(
      (_request, response) => {
        openEventStream(response);
        response.end('data: {"error":{"message":"m","code":"rate_limit_exceeded"}}\n\n');
      },
      { stream: true },
    );
    expect(failureOf(refused)).toMatchObject({ class: "rate_limited", providerStatus: 200 });
  });

  test("answered with JSON instead is a failure, classified when it is an error object", async () => {
    const answered = await callTo((_request, response) => sendJson(response, completion), { stream: true });
    expect(failureOf(answered)).toMatchObject({ class: "transient", code: "provider_bad_response" });
    const refused = await callTo(
      (_request, response) => sendJson(response, { error: { type: "authentication_error", message: "no" } }),
      { stream: true },
    );
    expect(failureOf(refused)).toMatchObject({ class: "auth", providerMessage: "no" });
  });

  test("with an event above the limit, or above the total size, ends as fatal", async () => {
    const endless = async (response: ServerResponse, text: string): Promise<void> => {
      openEventStream(response);
      response.write(deltaEvent);
      while (!response.destroyed) {
        response.write(text);
        await new Promise(setImmediate);
      }
    };
    for (const [text, cap] of [
      ["x".repeat(1_000), { maxEventBytes: 20_000 }],
      [deltaEvent, { maxResponseBytes: 20_000 }],
    ] as const) {
      const reply = await callTo((_request, response) => endless(response, text), {
        stream: true,
        limits: { ...limits, ...cap },
      });
      const { error } = await readStream(chunksOf(reply));
      expect(error).toMatchObject({ failure: { class: "fatal", code: "provider_bad_response" } });
    }
  });

  test("whose reader is slow holds the provider back and loses nothing", async () => {
    const pieces = 400;
    const piece = `data: ${"x".repeat(50_000)}\n\n`;
    let written = 0;
    const reply = await callTo(
      async (_request, response) => {
        openEventStream(response);
        response.write(deltaEvent);
        for (; written < pieces; written += 1) {
          if (!response.write(piece)) await once(response, "drain");
        }
        response.end();
      },
      { stream: true },
    );
    const chunks = chunksOf(reply);
    // Nobody reads yet: writing must come to rest long before the end.
    let seen = -1;
    while (seen !== written) {
      seen = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(written).toBeLessThan(pieces);
    const { text, error } = await readStream(chunks);
    expect(error).toBeNull();
    expect(text.length).toBe(deltaEvent.length + pieces * piece.length);
  });

  test("whose reader stops early closes the connection", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<boolean>();
    const reply = await callTo(
      (_request, response) => {
        openEventStream(response);
        response.write(deltaEvent);
        response.on("close", () => resolve(response.writableFinished));
      },
      { stream: true },
    );
    for await (const _chunk of chunksOf(reply)) break;
    expect(await closed).toBe(false);
  });
});

describe("aborting", () => {
  test("before the call makes no request", async () => {
    let requests = 0;
    const reply = await callTo(
      (_request, response) => {
        requests += 1;
        sendJson(response, completion);
      },
      { signal: AbortSignal.abort("deadline") },
    );
    expect(failureOf(reply)).toMatchObject({ class: "deadline", code: "deadline_exceeded" });
    expect(requests).toBe(0);
  });

  test("a call that still waits for a connection never sends it", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<ServerResponse>();
    const bodies: string[] = [];
    const { url } = await listen(async (request, response) => {
      for await (const piece of request) bodies.push(String(piece));
      if (bodies.length === 1) arrive(response);
      else sendJson(response, completion);
    });
    const client = newClient();
    const target = provider(url, { concurrency: 1 });
    const first = client.call(input(target, { bodyText: '{"n":1}' }));
    const firstResponse = await arrived;
    const controller = new AbortController();
    const second = client.call(input(target, { bodyText: '{"n":2}', signal: controller.signal }));
    const third = client.call(input(target, { bodyText: '{"n":3}' }));
    controller.abort("cancelled");
    expect(failureOf(await second)).toMatchObject({ class: "cancelled", code: "cancelled" });
    sendJson(firstResponse, completion);
    expect((await first).kind).toBe("body");
    expect((await third).kind).toBe("body");
    expect(bodies).toEqual(['{"n":1}', '{"n":3}']);
  });
});

describe("connections", () => {
  test("are kept alive, and never more than the provider's concurrency", async () => {
    const sockets = new Set<unknown>();
    const { url, server } = await listen((_request, response) => sendJson(response, completion));
    server.on("connection", (socket) => sockets.add(socket));
    const client = newClient();
    const target = provider(url, { concurrency: 3 });
    const replies = await Promise.all(Array.from({ length: 30 }, () => client.call(input(target))));
    expect(replies.every((reply) => reply.kind === "body")).toBe(true);
    expect(sockets.size).toBe(3);
  });

  test("of a changed provider are replaced while calls in flight finish", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<ServerResponse>();
    const { url, server } = await listen((request, response) => {
      if (request.headers["x-kind"] === "old") arrive(response);
      else sendJson(response, completion);
    });
    const closed: Promise<unknown>[] = [];
    server.on("connection", (socket) => closed.push(once(socket, "close")));
    const client = newClient();
    const old = client.call(input(provider(url, { headers: { "x-kind": "old" } })));
    const response = await arrived;
    expect((await client.call(input(provider(url, { concurrency: 2 })))).kind).toBe("body");
    sendJson(response, completion);
    expect((await old).kind).toBe("body");
    await closed[0];
  });

  test("are cut when the client is disposed, and calls in flight settle", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { url } = await listen(() => arrive());
    const client = createProviderClient();
    const call = client.call(input(provider(url)));
    await arrived;
    await client[Symbol.asyncDispose]();
    expect(failureOf(await call)).toMatchObject({ class: "transient", code: "provider_unreachable" });
    const late = await client.call(input(provider(url)));
    expect(failureOf(late)).toMatchObject({ class: "transient", code: "provider_unreachable" });
  });

  test("survive error answers", async () => {
    const sockets = new Set<unknown>();
    const { url, server } = await listen((_request, response) => sendJson(response, { error: "no" }, 500));
    server.on("connection", (socket) => sockets.add(socket));
    const client = newClient();
    for (let call = 0; call < 5; call += 1) {
      expect(failureOf(await client.call(input(provider(url))))).toMatchObject({ providerStatus: 500 });
    }
    // The next call may begin before the first socket is free again, never later.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });
});
