import { expect, test } from "vitest";
import { newApiKeySecret, shownPrefixOf } from "./api-key-secret.ts";

test("S3-92: a key is tokenhub_ and 64 hexadecimal digits, and never the same twice", () => {
  const secrets = new Set(Array.from({ length: 1_000 }, newApiKeySecret));
  expect(secrets.size).toBe(1_000);
  for (const secret of secrets) expect(secret).toMatch(/^tokenhub_[0-9a-f]{64}$/);
});

test("S3-92: a list shows the first 17 characters of a key", () => {
  expect(shownPrefixOf("tokenhub_0123456789abcdef")).toBe("tokenhub_01234567");
  expect(shownPrefixOf(newApiKeySecret())).toHaveLength(17);
});
