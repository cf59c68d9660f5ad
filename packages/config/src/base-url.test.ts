import fc from "fast-check";
import { expect, test } from "vitest";
import { normaliseBaseUrl } from "./base-url.ts";
import { ConfigError } from "./config-error.ts";

test.each([
  "http://localhost:8000",
  "http://localhost:8000/",
  "http://localhost:8000/v1",
  " http://LOCALHOST:8000/v1// ",
])("%s is the same address however it is written", (text) => {
  expect(normaliseBaseUrl(text)).toBe("http://localhost:8000");
});

test("other paths are kept, and only one final /v1 goes", () => {
  expect(normaliseBaseUrl("https://api.example.com/openai/v1/")).toBe("https://api.example.com/openai");
  expect(normaliseBaseUrl("https://api.example.com/v1beta")).toBe("https://api.example.com/v1beta");
  expect(normaliseBaseUrl("https://api.example.com/llm-v1")).toBe("https://api.example.com/llm-v1");
});

test("every way to write one address has one normal form", () => {
  const segment = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  fc.assert(
    fc.property(
      fc.webAuthority({ withPort: true }),
      fc.array(segment, { maxLength: 3 }),
      (authority, segments) => {
        const base = [`https://${authority}`, ...segments].join("/");
        fc.pre(!base.endsWith("/v1"));
        const normal = normaliseBaseUrl(base);
        expect(normaliseBaseUrl(`${base}/v1`)).toBe(normal);
        expect(normaliseBaseUrl(`${base}/v1/`)).toBe(normal);
        expect(normaliseBaseUrl(`${base}//`)).toBe(normal);
        expect(normaliseBaseUrl(normal)).toBe(normal);
      },
    ),
  );
});

test.each([
  ["localhost:8000", "not an absolute URL"],
  ["/v1", "not an absolute URL"],
  ["ftp://host", "not an absolute URL"],
  ["https://user:hunter2@host", "user name or password"],
  ["https://host/v1?key=hunter2", "query"],
])("%s is refused because it is %s", (text, reason) => {
  expect(() => normaliseBaseUrl(text, { name: "providers[0].base_url" })).toThrow(ConfigError);
  expect(() => normaliseBaseUrl(text, { name: "providers[0].base_url" })).toThrow(`providers[0].base_url`);
  expect(() => normaliseBaseUrl(text)).toThrow(reason);
  expect(() => normaliseBaseUrl(text)).not.toThrow("hunter2");
});
