import { describe, expect, test } from "vitest";
import { allowing, attempt, listen, listenRaw } from "./delivery-bench.fixture.ts";

describe("an address is checked at every connect, however it is written", () => {
  test.each(["127.0.0.1", "2130706433", "0x7f.1", "127.1", "0", "localhost", "[::1]", "[::ffff:127.0.0.1]"])(
    "%s is not connected to",
    async (host) => {
      await using inner = await listen((_request, response) => response.end("secret"));
      for (const protocol of ["http", "https"]) {
        expect(await attempt(`${protocol}://${host}:${inner.port}/`, { allow: [] })).toMatchObject({
          outcome: "address_refused",
          statusCode: null,
          responseText: null,
        });
      }
      expect(inner.connections()).toBe(0);
    },
  );
});

describe("a name", () => {
  // Opened for another range, so that http and any port pass until the addresses are known.
  const allow = allowing("127.0.0.1/32");
  const url = (port: number): string => `http://receiver.example:${port}/`;

  test("is refused when any of its addresses is bad, in either order, and nothing is connected to", async () => {
    await using inner = await listen((_request, response) => response.end());
    for (const addresses of [
      ["127.0.0.1", "10.0.0.1"],
      ["10.0.0.1", "127.0.0.1"],
      ["127.0.0.1", "::1"],
      ["169.254.169.254"],
      ["::ffff:10.0.0.1"],
    ]) {
      expect(await attempt(url(inner.port), { allow, resolveHost: async () => addresses })).toMatchObject({
        outcome: "address_refused",
        problem: expect.stringMatching(
          /^An address of receiver\.example cannot be used: .* to which no webhook is sent/,
        ),
      });
    }
    expect(inner.connections()).toBe(0);
  });

  test("that leads to a public address is held to https and the usual ports", async () => {
    const resolveHost = async (): Promise<string[]> => ["8.8.8.8"];
    expect(await attempt("http://receiver.example/", { allow, resolveHost })).toMatchObject({
      outcome: "address_refused",
      problem: expect.stringContaining("https only"),
    });
    expect(await attempt("https://receiver.example:9000/", { allow, resolveHost })).toMatchObject({
      outcome: "address_refused",
      problem: expect.stringContaining("not to 9000"),
    });
  });

  test("is connected to at the address that was checked, though it leads elsewhere a moment later", async () => {
    await using good = await listen((request, response) => response.end(request.headers.host));
    const answers = [["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1"]];
    const resolveHost = async (): Promise<string[]> => answers.shift() ?? [];
    expect(await attempt(url(good.port), { allow, resolveHost })).toMatchObject({
      outcome: "delivered",
      responseText: `receiver.example:${good.port}`,
    });
    // It was asked once; the next attempt asks anew, and is refused.
    expect(answers).toHaveLength(2);
    expect(await attempt(url(good.port), { allow, resolveHost })).toMatchObject({
      outcome: "address_refused",
    });
    expect(good.connections()).toBe(1);
  });

  test("is tried at all of its addresses", async () => {
    await using good = await listen((_request, response) => response.end());
    const resolveHost = async (): Promise<string[]> => ["127.0.0.2", "127.0.0.1"];
    expect(await attempt(url(good.port), { allow: allowing("127.0.0.0/8"), resolveHost })).toMatchObject({
      outcome: "delivered",
    });
  });

  test("is what TLS asks the receiver for, not the address that it was connected to", async () => {
    const hello = Promise.withResolvers<string>();
    await using receiver = await listenRaw((socket) =>
      socket.once("data", (bytes) => {
        hello.resolve(bytes.toString("latin1"));
        socket.destroy();
      }),
    );
    const secure = url(receiver.port).replace("http:", "https:");
    expect(await attempt(secure, { allow, resolveHost: async () => ["127.0.0.1"] })).toMatchObject({
      outcome: "connection_failed",
    });
    expect(await hello.promise).toContain("receiver.example");
  });

  test("without any address is not connected to", async () => {
    expect(await attempt(url(80), { allow, resolveHost: async () => [] })).toMatchObject({
      outcome: "connection_failed",
    });
  });
});

test("localhost needs no name server, and may be open in one family only", async () => {
  await using receiver = await listen((_request, response) => response.end());
  const url = `http://localhost:${receiver.port}/`;
  expect(await attempt(url, { allow: allowing("127.0.0.1") })).toMatchObject({ outcome: "delivered" });
  expect(await attempt(url, { allow: allowing("::1") })).toMatchObject({ outcome: "connection_failed" });
});
