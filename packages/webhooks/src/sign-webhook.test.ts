import { randomBytes } from "node:crypto";
import OpenAI from "openai";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { signWebhook } from "./sign-webhook.ts";
import { webhookBodyOf } from "./webhook-body.ts";
import { makeWebhookSecret } from "./webhook-secret.ts";

const older = makeWebhookSecret(randomBytes);
const newer = makeWebhookSecret(randomBytes);
const bodyText = webhookBodyOf({
  id: "evt_1",
  tenantId: "tenant",
  projectId: null,
  type: "response.completed",
  createdAtMs: Date.now(),
  data: { id: "resp_1", note: "ä \u2028 😀" },
});
/** The receivers' libraries look at the real clock. */
const sign = (secrets: readonly string[], ageMs = 0): Record<string, string> =>
  signWebhook({ eventId: "evt_1", nowMs: Date.now() - ageMs, bodyText, secrets });

const client = new OpenAI({ apiKey: "none" });
type Accept = (text: string, headers: Record<string, string>, secret: string) => Promise<unknown>;
const receivers: readonly (readonly [name: string, accept: Accept])[] = [
  ["standardwebhooks", async (text, headers, secret) => new Webhook(secret).verify(text, headers)],
  ["the OpenAI SDK", async (text, headers, secret) => client.webhooks.unwrap(text, headers, secret)],
];

describe.each(receivers)("%s", (_, accept) => {
  test("accepts what we sign before, during and after a rotation of the secret", async () => {
    for (const [secrets, known] of [
      [[older], older],
      [[newer, older], older],
      [[newer, older], newer],
      [[newer], newer],
    ] as const)
      expect(await accept(bodyText, sign(secrets), known)).toMatchObject({
        id: "evt_1",
        type: "response.completed",
        data: { id: "resp_1" },
      });
  });

  test("refuses the old secret after the rotation, another body and another id", async () => {
    await expect(accept(bodyText, sign([newer]), older)).rejects.toThrow(/signature/i);
    await expect(accept(`${bodyText} `, sign([newer]), newer)).rejects.toThrow(/signature/i);
    await expect(accept(bodyText, { ...sign([newer]), "webhook-id": "evt_2" }, newer)).rejects.toThrow(
      /signature/i,
    );
  });

  test("refuses an attempt that comes 301 s late, and takes one of 290 s", async () => {
    await expect(accept(bodyText, sign([newer], 301_000), newer)).rejects.toThrow(/old/i);
    await expect(accept(bodyText, sign([newer], 290_000), newer)).resolves.toMatchObject({ id: "evt_1" });
  });
});

test("signatures stand newest first, the time is that of the attempt in seconds", () => {
  const headers = signWebhook({
    eventId: "evt_1",
    nowMs: 1_700_000_000_999,
    bodyText,
    secrets: [newer, older],
  });
  const [first, second] = (headers["webhook-signature"] ?? "").split(" ");
  expect(headers).toMatchObject({ "webhook-id": "evt_1", "webhook-timestamp": "1700000000" });
  const only = (secret: string): string | undefined =>
    signWebhook({ eventId: "evt_1", nowMs: 1_700_000_000_999, bodyText, secrets: [secret] })[
      "webhook-signature"
    ];
  expect([first, second]).toEqual([only(newer), only(older)]);
});
