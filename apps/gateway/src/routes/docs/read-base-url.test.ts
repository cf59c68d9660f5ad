import type { Socket } from "node:net";
import { expect, it } from "vitest";
import { readBaseUrl } from "./read-base-url.ts";

const read = (headers: Record<string, string>): string =>
  readBaseUrl({ headers, socket: { localPort: 9_000 } as Socket });

it.each(["127.0.0.1:8080", "localhost", "gateway.example.com", "[::1]:8080", "my_host-1:80"])(
  "shows the host that was asked: %s",
  (host) => {
    expect(read({ host })).toBe(`http://${host}`);
  },
);

it.each(["", 'a"><script>', "a'b", "a b", "a/b", "user@host", "$(id)", "host:port", "[::1", "::1", "a\nb"])(
  "does not repeat a host of another form: %j",
  (host) => {
    expect(read({ host })).toBe("http://localhost:9000");
  },
);

it("shows https when a proxy says so, and nothing else a proxy may say", () => {
  expect(read({ host: "a.example", "x-forwarded-proto": "https" })).toBe("https://a.example");
  expect(read({ host: "a.example", "x-forwarded-proto": "javascript" })).toBe("http://a.example");
});
