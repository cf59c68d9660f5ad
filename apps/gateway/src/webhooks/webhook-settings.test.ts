import { ConfigError, productVariables, readEnvironment } from "@tokenhub/config";
import { defaultWebhookRetryPolicy } from "@tokenhub/webhooks";
import { expect, test } from "vitest";
import { readWebhookSettings } from "./webhook-settings.ts";

const read = (env: Record<string, string>) => readWebhookSettings(readEnvironment(env));

test("nothing stated is the schedule of production, as the table of variables states it", () => {
  expect(read({})).toEqual({ policy: defaultWebhookRetryPolicy, lostAfterMs: 60_000 });
  const stated = productVariables.filter(({ name }) => name.startsWith("TOKENHUB_WEBHOOK_"));
  expect(read(Object.fromEntries(stated.map(({ name, defaultText }) => [name, defaultText])))).toEqual(
    read({}),
  );
});

test("stated pauses follow the first attempt, and no slow-down is longer than the longest of them", () => {
  const { policy, lostAfterMs } = read({
    TOKENHUB_WEBHOOK_SCHEDULE: "500ms, 1s,2s",
    TOKENHUB_WEBHOOK_LOST_AFTER: "5s",
  });
  expect(policy).toEqual({
    ...defaultWebhookRetryPolicy,
    delaysMs: [0, 500, 1_000, 2_000],
    slowDownMs: 2_000,
  });
  expect(lostAfterMs).toBe(5_000);
});

test.each([
  ["TOKENHUB_WEBHOOK_SCHEDULE", "5s,soon"],
  ["TOKENHUB_WEBHOOK_SCHEDULE", "5s,-1s"],
  ["TOKENHUB_WEBHOOK_SCHEDULE", "8760h"],
  ["TOKENHUB_WEBHOOK_SCHEDULE", Array(40).fill("1s").join(",")],
  ["TOKENHUB_WEBHOOK_LOST_AFTER", "10ms"],
  ["TOKENHUB_WEBHOOK_LOST_AFTER", "a while"],
])("%s=%s stops the start by its name", (name, value) => {
  expect(() => read({ [name]: value })).toThrow(ConfigError);
  expect(() => read({ [name]: value })).toThrow(name);
});
