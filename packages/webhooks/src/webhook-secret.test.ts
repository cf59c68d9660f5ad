import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  checkWebhookSecret,
  makeWebhookSecret,
  webhookSecretBytes,
  webhookSecretHint,
} from "./webhook-secret.ts";

const secretOf = (bytes: number): string => `whsec_${randomBytes(bytes).toString("base64")}`;

test("a new secret is whsec_ and 32 random bytes, and passes its own check", () => {
  const bytes = Buffer.alloc(32, 7);
  const secret = makeWebhookSecret((size) => bytes.subarray(0, size));
  expect(secret).toBe(`whsec_${bytes.toString("base64")}`);
  expect(checkWebhookSecret(secret)).toEqual({ kind: "ok", secret });
  expect(makeWebhookSecret(randomBytes)).not.toBe(makeWebhookSecret(randomBytes));
});

test("a hint shows four characters, never the padding that all secrets have", () => {
  expect(webhookSecretHint("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwXyZ=")).toBe("whsec_...wXyZ");
});

test.each([24, 32, 64])("a secret of %i bytes may be brought", (size) => {
  const secret = secretOf(size);
  expect(checkWebhookSecret(secret)).toEqual({ kind: "ok", secret });
  expect(webhookSecretBytes(secret)).toHaveLength(size);
});

test.each([
  ["too short", secretOf(23)],
  ["too long", secretOf(65)],
  ["empty", "whsec_"],
  ["without its prefix", randomBytes(32).toString("base64")],
  ["of another prefix", `whsk_${randomBytes(32).toString("base64")}`],
  ["not base64", `whsec_${"!".repeat(44)}`],
  ["base64url", `whsec_${Buffer.alloc(32, 0xff).toString("base64url")}`],
  ["base64 with something behind it", `${secretOf(32)} `],
])("a secret that is %s is refused in a sentence that does not quote it", (_, secret) => {
  const verdict = checkWebhookSecret(secret);
  expect(verdict).toEqual({ kind: "refused", problem: expect.stringContaining("24 to 64 random bytes") });
  if (verdict.kind === "refused" && secret.length > 10) expect(verdict.problem).not.toContain(secret);
});
