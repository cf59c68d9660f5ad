import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openWebhookSecret, sealWebhookSecret } from "./seal-webhook-secret.ts";

const clusterSecret = Buffer.alloc(32, 0x5a);
const seal = (secret: string): string => sealWebhookSecret(secret, { clusterSecret, random: randomBytes });

test("whatever is sealed is opened by the same cluster secret, and by no other", () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), bytes, bytes, (secret, ours, theirs) => {
      fc.pre(!ours.equals(theirs));
      const sealed = sealWebhookSecret(secret, { clusterSecret: ours, random: randomBytes });
      expect(sealed).toMatch(/^v1\.[\w-]+$/);
      expect(openWebhookSecret(sealed, ours)).toBe(secret);
      expect(openWebhookSecret(sealed, theirs)).toBeNull();
    }),
    { numRuns: 200 },
  );
});

test("one secret sealed twice looks different, and never shows itself", () => {
  const [first, second] = [seal("whsec_secret"), seal("whsec_secret")];
  expect(first).not.toBe(second);
  expect(Buffer.from(first.slice(3), "base64url").toString("latin1")).not.toContain("secret");
});

test("a change of any byte keeps it closed", () => {
  const bytes = Buffer.from(seal("whsec_secret").slice(3), "base64url");
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    expect(openWebhookSecret(`v1.${changed.toString("base64url")}`, clusterSecret)).toBeNull();
  }
});

test.each(["", "v1.", "v1.AAAA", "v2.AAAA", "whsec_AAAA", `v1.${"A".repeat(40)}`, "v1.!!!"])(
  "%j is no sealed secret",
  (text) => {
    expect(openWebhookSecret(text, clusterSecret)).toBeNull();
  },
);

test("the form is fixed: what an older release sealed must open", () => {
  const sealed = sealWebhookSecret("whsec_fixed", { clusterSecret, random: (size) => Buffer.alloc(size, 1) });
  expect(sealed).toMatchInlineSnapshot(`"v1.AQEBAQEBAQEBAQEBGsJbzD5XJz9JJWJmfYtJe_AZqWDxZX5bJvmr"`);
});
