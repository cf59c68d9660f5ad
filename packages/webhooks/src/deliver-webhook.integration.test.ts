import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import {
  attempt,
  bodyText,
  clusterSecret,
  deliver,
  listen,
  listenRaw,
  signingSecret,
  textOf,
} from "./delivery-bench.fixture.ts";
import { sealWebhookSecret } from "./seal-webhook-secret.ts";

test("a receiver that answers 2xx got exactly the signed text, once, and no more headers than needed", async () => {
  const seen: {
    method?: string | undefined;
    url?: string | undefined;
    headers: IncomingHttpHeaders;
    text: string;
  }[] = [];
  await using receiver = await listen(async (request, response) => {
    seen.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      text: await textOf(request),
    });
    response.writeHead(202, { "set-cookie": "a=b" }).end("thanks");
  });
  const startedAtMs = Date.now();
  for (const expected of [1, 2]) {
    expect(await attempt(receiver.url)).toEqual({
      startedAtMs: expect.toSatisfy((atMs: number) => atMs >= startedAtMs && atMs <= Date.now()),
      durationMs: expect.any(Number),
      outcome: "delivered",
      statusCode: 202,
      responseText: "thanks",
      problem: null,
      retryAfterMs: null,
    });
    expect(seen).toHaveLength(expected);
  }
  const [, last] = seen;
  expect(last).toMatchObject({ method: "POST", url: "/hook?a=b", text: bodyText });
  expect(Object.keys(last?.headers ?? {}).toSorted()).toEqual([
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
  ]);
  expect(
    new Webhook(signingSecret).verify(last?.text ?? "", last?.headers as Record<string, string>),
  ).toBeTruthy();
});

describe("an answer that is no success", () => {
  test.each([
    [400, /answered 400/],
    [410, /410 Gone/],
    [429, /more time/],
    [500, /answered 500/],
    [304, /redirect \(304\)/],
  ])("%i is refused, with what was answered and when to come again", async (statusCode, problem) => {
    await using receiver = await listen((_request, response) => {
      response.writeHead(statusCode, { "retry-after": "7" }).end(statusCode === 304 ? undefined : "because");
    });
    expect(await attempt(receiver.url)).toMatchObject({
      outcome: "refused",
      statusCode,
      responseText: statusCode === 304 ? "" : "because",
      retryAfterMs: 7_000,
      problem: expect.stringMatching(problem),
    });
  });

  test.each([301, 302, 303, 307, 308])("a redirect %i is not followed", async (statusCode) => {
    await using inner = await listen((_request, response) => response.end("secret"));
    await using receiver = await listen((_request, response) => {
      response.writeHead(statusCode, { location: inner.url }).end();
    });
    expect(await attempt(receiver.url)).toMatchObject({ outcome: "refused", statusCode });
    expect(inner.connections()).toBe(0);
  });
});

describe("an answer's text", () => {
  const answering = async (body: string | Buffer): Promise<string | null> => {
    await using receiver = await listen((_request, response) => response.writeHead(500).end(body));
    return (await attempt(receiver.url)).responseText;
  };

  test("is kept up to 1,000 characters, none of them cut in half", async () => {
    expect(await answering("x".repeat(5_000))).toBe("x".repeat(1_000));
    expect(await answering(`x${"😀".repeat(900)}`)).toBe(`x${"😀".repeat(499)}\uFFFD`);
    expect(await answering("漢".repeat(3_000))).toBe("漢".repeat(1_000));
  });

  test("holds nothing that a database refuses", async () => {
    expect(await answering(Buffer.from([0x61, 0x00, 0xff, 0x62]))).toBe("a\uFFFD\uFFFDb");
  });
});

describe("a receiver that does not end", () => {
  const timeoutMs = 150;
  const endless = (response: ServerResponse, statusCode: number): void => {
    response.writeHead(statusCode);
    const write = (): void => void (response.write(".") && setTimeout(write, 10));
    write();
  };

  test("an answer of more than 64 kB is given up although it is 2xx", async () => {
    await using receiver = await listen((_request, response) => {
      response.writeHead(200).end(Buffer.alloc(1_000_000, "x"));
    });
    expect(await attempt(receiver.url)).toMatchObject({
      outcome: "answer_too_large",
      statusCode: 200,
      responseText: "x".repeat(1_000),
      problem: expect.stringContaining("larger than 64 kB"),
    });
  });

  test("an endless stream of answer ends at 64 kB", async () => {
    await using receiver = await listen((_request, response) => {
      const chunk = Buffer.alloc(16_384, "x");
      const write = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", write);
      };
      write();
    });
    expect(await attempt(receiver.url)).toMatchObject({ outcome: "answer_too_large" });
  });

  test("an answer that drips ends at the deadline; what it had is kept", async () => {
    await using receiver = await listen((_request, response) => endless(response, 200));
    const { durationMs, ...rest } = await attempt(receiver.url, { timeoutMs });
    expect(rest).toMatchObject({
      outcome: "answer_too_large",
      statusCode: 200,
      responseText: expect.stringMatching(/^\.+$/),
      problem: expect.stringContaining("did not end within 0.15 s"),
    });
    expect(durationMs).toBeLessThan(timeoutMs + 1_000);
  });

  test("a refusal that drips is still a refusal", async () => {
    await using receiver = await listen((_request, response) => endless(response, 410));
    expect(await attempt(receiver.url, { timeoutMs })).toMatchObject({ outcome: "refused", statusCode: 410 });
  });

  test.each([
    ["says nothing", () => undefined],
    ["drips its head", (socket: { write(text: string): unknown }) => void socket.write("HTTP/1.1 2")],
  ])("one that %s has timed out", async (_, onSocket) => {
    await using receiver = await listenRaw(onSocket);
    const { durationMs, ...rest } = await attempt(receiver.url, { timeoutMs });
    expect(rest).toMatchObject({
      outcome: "timeout",
      statusCode: null,
      responseText: null,
      problem: expect.stringContaining("did not answer within 0.15 s"),
    });
    expect(durationMs).toBeLessThan(timeoutMs + 1_000);
  });

  test("a name that is never resolved has timed out", async () => {
    const resolveHost = (): Promise<never> => new Promise(() => undefined);
    expect(await attempt("https://example.com/", { resolveHost, timeoutMs })).toMatchObject({
      outcome: "timeout",
    });
  });
});

describe("a connection that fails", () => {
  test("nothing listens", async () => {
    const receiver = await listen(() => undefined);
    await receiver[Symbol.asyncDispose]();
    expect(await attempt(receiver.url)).toMatchObject({
      outcome: "connection_failed",
      statusCode: null,
      problem: "The receiver could not be reached: nothing listens at its address.",
    });
  });

  test("it is reset before the answer", async () => {
    await using receiver = await listenRaw((socket) => socket.once("data", () => socket.resetAndDestroy()));
    expect(await attempt(receiver.url)).toMatchObject({
      outcome: "connection_failed",
      problem: "The receiver could not be reached: it broke the connection off.",
    });
  });

  test("it is reset within the answer", async () => {
    await using receiver = await listenRaw((socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", () => socket.resetAndDestroy());
      }),
    );
    expect(await attempt(receiver.url)).toMatchObject({
      outcome: "connection_failed",
      statusCode: 200,
      problem: expect.stringContaining("broke before its answer ended"),
    });
  });

  test("it speaks no HTTP", async () => {
    await using receiver = await listenRaw((socket) =>
      socket.once("data", () => socket.end("hello\r\n\r\n")),
    );
    expect(await attempt(receiver.url)).toMatchObject({
      outcome: "connection_failed",
      problem: "The receiver's answer is not valid HTTP.",
    });
  });

  test("it speaks no TLS", async () => {
    await using receiver = await listenRaw((socket) =>
      socket.once("data", () => socket.end("hello\r\n\r\n")),
    );
    expect(await attempt(receiver.url.replace("http:", "https:"))).toMatchObject({
      outcome: "connection_failed",
      problem: "The receiver could not be reached: it does not speak TLS there.",
    });
  });

  test("its name does not exist", async () => {
    expect(await attempt("https://receiver.example/")).toMatchObject({
      outcome: "connection_failed",
      problem: "The receiver could not be reached: its name does not exist.",
    });
  });

  test("endless headers are too many", async () => {
    await using receiver = await listenRaw((socket) =>
      socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(50_000)}`)),
    );
    expect(await attempt(receiver.url)).toMatchObject({
      outcome: "connection_failed",
      problem: expect.stringContaining("headers of its answer are too large"),
    });
  });
});

test("an attempt that is interrupted is none: nobody knows what the receiver got", async () => {
  const interrupt = new AbortController();
  await using receiver = await listen(() => interrupt.abort());
  expect(await deliver(receiver.url, { signal: interrupt.signal })).toEqual({ kind: "interrupted" });
  expect(await deliver(receiver.url, { signal: AbortSignal.abort() })).toEqual({ kind: "interrupted" });
});

describe("signing secrets", () => {
  const seal = (secret: string, key = clusterSecret): string =>
    sealWebhookSecret(secret, { clusterSecret: key, random: randomBytes });
  const foreign = seal(signingSecret, Buffer.alloc(32, 1));

  test("none that opens: nothing is sent, and it is said what to do", async () => {
    await using receiver = await listen((_request, response) => response.end());
    expect(await attempt(receiver.url, { sealedSecrets: [foreign] })).toMatchObject({
      outcome: "unreadable_secret",
      problem: expect.stringContaining("TOKENHUB_CLUSTER_SECRET"),
    });
    expect(receiver.connections()).toBe(0);
  });

  test("those that open sign, even if another one does not", async () => {
    await using receiver = await listen((request, response) => {
      const signatures = String(request.headers["webhook-signature"]).split(" ");
      response.writeHead(signatures.length === 1 ? 200 : 500).end();
    });
    expect(await attempt(receiver.url, { sealedSecrets: [foreign, seal(signingSecret)] })).toMatchObject({
      outcome: "delivered",
    });
  });
});

test("a proxy of the environment is not used", async () => {
  await using proxy = await listen((_request, response) => response.end());
  await using receiver = await listen((_request, response) => response.end());
  const before = { ...process.env };
  Object.assign(process.env, { HTTP_PROXY: proxy.url, http_proxy: proxy.url, NODE_USE_ENV_PROXY: "1" });
  try {
    expect(await attempt(receiver.url)).toMatchObject({ outcome: "delivered" });
  } finally {
    process.env = before;
  }
  expect(proxy.connections()).toBe(0);
});

test("no connection is left behind when the time is over", async () => {
  const closed = Promise.withResolvers<void>();
  await using receiver = await listenRaw((socket) => void socket.resume().once("close", closed.resolve));
  expect(await attempt(receiver.url, { timeoutMs: 100 })).toMatchObject({ outcome: "timeout" });
  await closed.promise;
});
