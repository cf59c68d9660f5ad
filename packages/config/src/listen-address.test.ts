import { expect, test } from "vitest";
import { isLoopbackHost, parseListenAddress } from "./listen-address.ts";

test.each([
  [":8080", null, 8_080],
  ["0.0.0.0:80", "0.0.0.0", 80],
  ["hub.internal:65535", "hub.internal", 65_535],
  ["[::1]:9000", "::1", 9_000],
  ["localhost:0", "localhost", 0],
])("%s is host %s and port %d", (text, host, port) => {
  expect(parseListenAddress(text, { name: "X" })).toEqual({ host, port });
});

test.each(["8080", "host", "host:", ":65536", "::1:8080", "http://host:80", "host:80/"])(
  "%s is refused",
  (text) => {
    expect(() => parseListenAddress(text, { name: "TOKENHUB_LISTEN_ADDR" })).toThrow(
      /TOKENHUB_LISTEN_ADDR.*write it like/,
    );
  },
);

test("only addresses that no other machine reaches count as loopback", () => {
  expect(["127.0.0.1", "127.8.9.1", "::1", "localhost"].every(isLoopbackHost)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "127.evil.example", "localhost.example"].some(isLoopbackHost)).toBe(
    false,
  );
});
