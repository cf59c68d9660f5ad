import { testApiKey, until } from "@tokenhub/testkit";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openRawConnection, rawRequest, type RawAnswer } from "./raw-connection.ts";
import {
  endpointNames,
  endpoints,
  prompt,
  startRefusalBench,
  type Refusal,
  type RefusalBench,
} from "./refusal-bench.ts";

const maxBodyBytes = 200_000;

let bench: RefusalBench;
let keyed: Record<string, string>;
beforeAll(async () => {
  bench = await startRefusalBench({
    redisUrl: inject("redisUrl"),
    env: { TOKENHUB_MAX_BODY_BYTES: String(maxBodyBytes) },
  });
  keyed = { authorization: `Bearer ${bench.network.apiKey}`, "content-type": "application/json" };
});
afterAll(() => bench[Symbol.asyncDispose]());

function faultsOf(answer: RawAnswer, path: string, refusal: Refusal): string[] {
  return bench.faultsOfAnswer({ ...answer, text: answer.body }, path, refusal);
}

const tooLarge = { code: "body_too_large", says: /larger than 200000 bytes/ } as const;
const piece = Buffer.alloc(65_536, "x");

describe.each(endpointNames)("a body above the limit for %s", (endpoint) => {
  const { path, body } = endpoints[endpoint];
  const oversized = JSON.stringify({ ...body, user: "x".repeat(2_000_000) });

  it("is answered with 413, whoever sends it and however often on one connection", async () => {
    for (let round = 0; round < 3; round += 1)
      expect(await bench.faultsOf({ path, body: oversized }, tooLarge)).toEqual([]);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        fetch(bench.network.url + path, { method: "POST", headers: keyed, body: oversized }),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 413));
    expect(await bench.isHealthy()).toBe(true);
  });

  it("is refused by its announced length, before a byte of it", async () => {
    using connection = await openRawConnection(bench.port);
    connection.write(rawRequest(path, { headers: { ...keyed, "content-length": "1000000000" } }));
    expect(faultsOf(await connection.answer(), path, tooLarge)).toEqual([]);
  });

  it("reaches a client that reads only after it has sent everything, and the connection serves the next request", async () => {
    using connection = await openRawConnection(bench.port);
    connection.socket.pause();
    connection.write(rawRequest(path, { headers: keyed, body: oversized }));
    await until("all of it to be sent", () => connection.socket.writableLength === 0);
    connection.socket.resume();
    expect(faultsOf(await connection.answer(), path, tooLarge)).toEqual([]);
    connection.write(rawRequest(path, { headers: keyed, body: JSON.stringify(body) }));
    expect((await connection.answer()).status).toBe(200);
  });

  it("without an announced length is refused where it passes the limit; the connection stays usable", async () => {
    using connection = await openRawConnection(bench.port);
    connection.write(rawRequest(path, { headers: { ...keyed, "transfer-encoding": "chunked" } }));
    for (let sent = 0; sent <= maxBodyBytes; sent += piece.length) {
      connection.write(`${piece.length.toString(16)}\r\n`);
      connection.write(piece);
      connection.write("\r\n");
    }
    expect(faultsOf(await connection.answer(), path, tooLarge)).toEqual([]);
    connection.write("0\r\n\r\n");
    connection.write(rawRequest(path, { headers: keyed, body: JSON.stringify(body) }));
    expect((await connection.answer()).status).toBe(200);
  });

  it("leaves nothing in Redis", async () => {
    const before = await bench.requestTraces();
    await bench.send({ path, body: oversized });
    expect([...(await bench.requestTraces())].filter((trace) => !before.has(trace))).toEqual([]);
  });

  it("of exactly the limit is taken", async () => {
    const frame = JSON.stringify({ ...body, user: "" });
    const exact = JSON.stringify({ ...body, user: "x".repeat(maxBodyBytes - frame.length) });
    expect(Buffer.byteLength(exact)).toBe(maxBodyBytes);
    expect((await bench.send({ path, body: exact })).status).toBe(200);
  });
});

describe("a request that is refused before its body is read", () => {
  const { path } = endpoints.chat;
  const large = JSON.stringify({ ...endpoints.chat.body, user: "x".repeat(150_000) });
  const refusals = [
    { why: "no key", path, method: "POST", headers: {}, code: "missing_api_key" },
    {
      why: "a wrong content type",
      path,
      method: "POST",
      headers: { "content-type": "text/plain" },
      code: "unsupported_media_type",
    },
    { why: "a wrong method", path, method: "PUT", headers: {}, code: "method_not_allowed" },
    { why: "an unknown path", path: "/v1/nowhere", method: "POST", headers: {}, code: "unknown_path" },
  ] as const;

  it.each(refusals)("for $why is answered, and its connection serves the next one", async (refusal) => {
    using connection = await openRawConnection(bench.port);
    const { authorization = "", "content-type": json = "" } = keyed;
    const headers =
      refusal.code === "missing_api_key"
        ? { "content-type": json }
        : { authorization, "content-type": json, ...refusal.headers };
    const { method } = refusal;
    connection.write(rawRequest(refusal.path, { method, headers, body: large }));
    expect(faultsOf(await connection.answer(), refusal.path, { code: refusal.code })).toEqual([]);
    connection.write(rawRequest(path, { headers: keyed, body: JSON.stringify(endpoints.chat.body) }));
    expect((await connection.answer()).status).toBe(200);
  });

  it(
    "costs a client that never stops sending its connection, not the gateway its peace",
    { timeout: 30_000 },
    async () => {
      using connection = await openRawConnection(bench.port);
      connection.write(rawRequest(path, { headers: { ...keyed, "content-length": "100000000000" } }));
      const refused = connection.answer();
      const keepSending = (error?: Error | null): void => {
        if (!error) connection.socket.write(piece, keepSending);
      };
      keepSending();
      expect(faultsOf(await refused, path, tooLarge)).toEqual([]);
      const ended = connection.ending(20_000);
      expect(await bench.isHealthy()).toBe(true);
      await ended;
    },
  );
});

describe("pipelined requests", () => {
  const { path, body } = endpoints.chat;
  const good = (): string => rawRequest(path, { headers: keyed, body: JSON.stringify(body) });

  it.each([
    { kind: "broken JSON", bad: () => rawRequest(path, { headers: keyed, body: '{"model":' }), status: 400 },
    { kind: "a wrong field", bad: () => rawRequest(path, { headers: keyed, body: "{}" }), status: 400 },
    {
      kind: "an unknown path",
      bad: () => rawRequest("/nowhere", { headers: keyed, body: "{}" }),
      status: 404,
    },
    { kind: "a wrong method", bad: () => rawRequest(path, { method: "GET" }), status: 405 },
    {
      kind: "no key",
      bad: () => rawRequest(path, { headers: { "content-type": "application/json" }, body: "{}" }),
      status: 401,
    },
  ])("a bad one with $kind between two good ones harms neither", async ({ bad, status }) => {
    using connection = await openRawConnection(bench.port);
    connection.write(good() + bad() + good());
    expect((await connection.answer()).status).toBe(200);
    expect((await connection.answer()).status).toBe(status);
    expect((await connection.answer()).status).toBe(200);
  });

  it("a request hidden in the body of a refused one is not carried out", async () => {
    using connection = await openRawConnection(bench.port);
    bench.network.mock.clearCalls();
    connection.write(rawRequest("/nowhere", { body: good() }) + good());
    expect((await connection.answer()).status).toBe(404);
    expect((await connection.answer()).status).toBe(200);
    expect(bench.network.mock.calls()).toHaveLength(1);
  });
});

describe("Expect: 100-continue", () => {
  const { path, body } = endpoints.chat;
  const text = JSON.stringify(body);
  const expecting = { expect: "100-continue", "content-length": String(text.length) };

  it("is answered, and the body after it served", async () => {
    using connection = await openRawConnection(bench.port);
    connection.write(rawRequest(path, { headers: { ...keyed, ...expecting } }));
    expect((await connection.answer()).status).toBe(100);
    connection.write(text);
    expect((await connection.answer()).status).toBe(200);
  });

  it("gets the refusal instead of a go-ahead when key, type or length are wrong already", async () => {
    const cases = [
      { headers: { "content-type": "application/json", ...expecting }, code: "missing_api_key" },
      { headers: { ...keyed, ...expecting, "content-type": "text/plain" }, code: "unsupported_media_type" },
      { headers: { ...keyed, ...expecting, "content-length": "999999999" }, code: "body_too_large" },
    ] as const;
    for (const { headers, code } of cases) {
      using connection = await openRawConnection(bench.port);
      connection.write(rawRequest(path, { headers }));
      expect(faultsOf(await connection.answer(), path, { code })).toEqual([]);
    }
  });

  it("of another kind is refused", async () => {
    using connection = await openRawConnection(bench.port);
    connection.write(rawRequest(path, { headers: { ...keyed, expect: "the-unexpected" }, body: text }));
    expect((await connection.answer()).status).toBe(417);
  });
});

describe("a client that goes away in the middle of its body", () => {
  it.each([
    { how: "with a reset", leave: "resetAndDestroy" },
    { how: "in good order", leave: "end" },
  ] as const)("$how leaves nothing behind", async ({ leave }) => {
    const { path, body } = endpoints.chat;
    const before = await bench.requestTraces();
    const callsBefore = bench.network.mock.calls().length;
    const whole = rawRequest(path, { headers: keyed, body: JSON.stringify(body) });
    for (const chunked of [false, true]) {
      using connection = await openRawConnection(bench.port);
      connection.write(
        chunked
          ? `${rawRequest(path, { headers: { ...keyed, "transfer-encoding": "chunked" } })}1000\r\n{"model"`
          : whole.slice(0, -20),
      );
      await until("the bytes to leave", () => connection.socket.writableLength === 0);
      connection.socket[leave]();
      await connection.ending();
    }
    expect([...(await bench.requestTraces())].filter((trace) => !before.has(trace))).toEqual([]);
    expect(await bench.isHealthy()).toBe(true);
    expect(bench.network.mock.calls().length - callsBefore).toBe(1);
  });
});

describe("bytes that are no HTTP request of ours", () => {
  it.each([
    { kind: "no HTTP", bytes: "hello gateway\r\n\r\n" },
    { kind: "TLS", bytes: Buffer.from("16030100c5010000c1030300", "hex") },
    {
      kind: "two lengths",
      bytes: "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    },
    {
      kind: "a length beside chunks",
      bytes:
        "POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    },
    { kind: "a negative length", bytes: "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n" },
    { kind: "a header with a line feed alone", bytes: "GET / HTTP/1.1\r\nhost: x\r\na: b\nc\r\n\r\n" },
    { kind: "a header name with a space", bytes: "GET / HTTP/1.1\r\nhost: x\r\nx evil: 1\r\n\r\n" },
    { kind: "another version", bytes: "GET / HTTP/9.9\r\nhost: x\r\n\r\n" },
    { kind: "headers without end", bytes: `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"x".repeat(40_000)}` },
    {
      kind: "a chunk size that is no number",
      bytes: `POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nx-api-key: ${testApiKey}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    },
  ])("$kind: a 4xx in JSON, and the connection ends", async ({ bytes }) => {
    using connection = await openRawConnection(bench.port);
    connection.write(bytes);
    const answer = await connection.answer();
    expect([400, 413, 431]).toContain(answer.status);
    expect(JSON.parse(answer.body)).toEqual({
      error: {
        message: expect.stringMatching(/^The .*\.$/),
        type: "invalid_request_error",
        param: null,
        code: "invalid_request",
      },
    });
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(answer.headers["x-request-id"]).toMatch(/^req_/);
    expect(await connection.ending()).toMatch(/ended|closed/);
    expect(await bench.isHealthy()).toBe(true);
  });

  it("a thousand such connections at once leave the gateway serving", { timeout: 20_000 }, async () => {
    const burst = Array.from({ length: 1_000 }, async (_, index) => {
      using connection = await openRawConnection(bench.port);
      connection.write(index % 2 === 0 ? "\u0000\u0001\u0002" : rawRequest("/v1/messages", { body: prompt }));
      await sleep(0);
    });
    await Promise.all(burst);
    expect(await bench.isHealthy()).toBe(true);
  });
});
