import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildProvider } from "../testing/build-call.ts";
import { closedPort, listen, sendJson } from "../testing/listen.ts";
import { testConnection, type ConnectionTest, type ConnectionTestTarget } from "./test-connection.ts";

const apiKey = "sk-connection-0123456789";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function serve(handler: RequestListener): Promise<string> {
  return stack.use(await listen(handler)).url;
}

function connect(
  baseUrl: string | null,
  { type = "openai", ...rest }: { type?: string } & Partial<ConnectionTestTarget> = {},
): Promise<ConnectionTest> {
  return testConnection({
    provider: buildProvider({ type, baseUrl }),
    apiKey,
    runsInContainer: false,
    ...rest,
  });
}

const isOneSentence = /^[A-Z0-9][^\n]+[.]$/;

describe("testConnection", () => {
  test("tells that the provider is reached and how many models it lists", async () => {
    const url = await serve((_request, response) => sendJson(response, { data: [{ id: "a" }, { id: "b" }] }));
    expect(await connect(url)).toMatchObject({
      kind: "connected",
      modelCount: 2,
      message: "Connected; the provider lists 2 models.",
    });
    expect(await connect(null, { type: "mock" })).toMatchObject({ kind: "connected", modelCount: 2 });
  });

  test("tells a name that does not exist, a closed port and an unreachable address apart", async () => {
    const port = await closedPort();
    expect(await connect("http://no-such-host.invalid:81")).toMatchObject({
      cause: "dns",
      message: expect.stringMatching(/no-such-host\.invalid:81 cannot be resolved/),
      hint: null,
    });
    expect(await connect(`http://127.0.0.1:${port}`)).toMatchObject({
      cause: "refused",
      message: expect.stringContaining(`Nothing listens at 127.0.0.1:${port}`),
      hint: null,
    });
  });

  test("tells a server without TLS behind https, and one that closes the connection", async () => {
    const url = await serve((_request, response) => sendJson(response, { data: [] }));
    expect(await connect(url.replace("http:", "https:"))).toMatchObject({ cause: "tls" });
    const closing = await serve((request) => request.socket.destroy());
    expect(await connect(closing)).toMatchObject({ cause: "broken_connection" });
  });

  test("tells silence by its time limit, before and after the connection", async () => {
    const url = await serve(() => undefined);
    expect(await connect(url, { timeoutMs: 200 })).toMatchObject({
      cause: "timeout",
      message: expect.stringContaining("did not answer within 0.2 s"),
    });
  });

  test("tells something else than HTTP", async () => {
    const server = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    stack.defer(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await connect(`http://127.0.0.1:${port}`)).toMatchObject({ cause: "bad_answer" });
  });

  test.each<[number, object, string]>([
    [401, {}, "auth"],
    [403, {}, "auth"],
    [402, {}, "quota"],
    [429, {}, "rate_limited"],
    [404, {}, "not_found"],
    [500, {}, "provider_error"],
    [200, { hello: 1 }, "bad_answer"],
    [302, {}, "bad_answer"],
  ])("HTTP %d has a sentence of its own", async (status, body, cause) => {
    const url = await serve((_request, response) => sendJson(response, body, { status }));
    const tested = await connect(url);
    expect(tested).toMatchObject({ kind: "failed", cause });
    expect(tested.message).toMatch(isOneSentence);
    expect(tested.message).toContain(new URL(url).host);
  });

  test("a missing address, a missing key and an unknown type are told", async () => {
    expect(await connect(null, { type: "vllm" })).toMatchObject({ cause: "configuration" });
    expect(await connect(null, { apiKey: null })).toMatchObject({ cause: "auth" });
    expect(await connect(null, { type: "nonsense" })).toMatchObject({ cause: "configuration" });
    expect(await connect("nonsense", { type: "vllm" })).toMatchObject({ cause: "configuration" });
  });

  test("neither the key nor what the provider said is in the sentence", async () => {
    const url = await serve((_request, response) =>
      sendJson(response, { error: { message: `secret words about ${apiKey}` } }, { status: 401 }),
    );
    const { message, ...rest } = await connect(`${url}/path-${apiKey}`);
    expect(message).not.toContain("secret words");
    expect(message + JSON.stringify(rest)).not.toContain(apiKey);
  });

  test.each(["http://localhost", "http://127.0.0.1", "http://[::1]"])(
    "a refused %s inside a container is told what localhost means there",
    async (host) => {
      const baseUrl = `${host}:${await closedPort()}`;
      const inside = await connect(baseUrl, { type: "vllm", runsInContainer: true });
      expect(inside).toMatchObject({ kind: "failed", hint: expect.stringContaining("host.docker.internal") });
      const outside = await connect(baseUrl, { type: "vllm", runsInContainer: false });
      expect(outside).toMatchObject({ kind: "failed", hint: null });
    },
  );

  test("a provider elsewhere gets no such hint", async () => {
    expect(await connect("http://no-such-host.invalid", { runsInContainer: true })).toMatchObject({
      hint: null,
    });
  });
});
