import type { ProviderHealth } from "@tokenhub/contracts";
import { expect, it } from "vitest";
import { offerTrials } from "./offer-trials.ts";

const closed: ProviderHealth = {
  status: "healthy",
  consecutiveErrors: 0,
  breaker: "closed",
  openedAtMs: 0,
  cooldownUntilMs: 0,
  latencyMs: 1,
  errorRate: 0,
};
const open: ProviderHealth = {
  ...closed,
  status: "degraded",
  consecutiveErrors: 3,
  breaker: "open",
  openedAtMs: 1_000,
};
const health = new Map([
  ["a", closed],
  ["b", open],
]);

it("one request in twenty sees a provider whose trial is due as usable", () => {
  expect(offerTrials(health, { nowMs: 40_000, random: () => 0.01 }).get("b")?.breaker).toBe("closed");
  expect(offerTrials(health, { nowMs: 40_000, random: () => 0.06 })).toBe(health);
});

it("an open breaker is never offered before its time", () => {
  expect(offerTrials(health, { nowMs: 30_999, random: () => 0 })).toBe(health);
});
