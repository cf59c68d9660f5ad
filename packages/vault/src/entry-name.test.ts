import { expect, test } from "vitest";
import { assertEntryName, isEntryName, providerKeyName, secretName } from "./entry-name.ts";

test("provider keys and secrets have name spaces of their own", () => {
  expect(providerKeyName("vllm-local")).toBe("provider:vllm-local:api_key");
  expect(secretName("provider:x:api_key")).toBe("secret:provider:x:api_key");
});

test.each(["provider:a:api_key", "secret:x", "secret:a b/ü:c"])("%j can be stored", (name) => {
  expect(isEntryName(name)).toBe(true);
});

test.each([
  "",
  "x",
  "provider::api_key",
  "secret:",
  "secret:a\nb",
  "secret:\u{d800}",
  `secret:${"x".repeat(600)}`,
])("%j is refused", (name) => {
  expect(isEntryName(name)).toBe(false);
  expect(() => assertEntryName(name)).toThrow("A vault entry is named");
});
