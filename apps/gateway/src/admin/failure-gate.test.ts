import { TokenHubError } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { createFailureGate, lockOutMs } from "./failure-gate.ts";

test("S4-45: five wrong secrets are free, then the lock-out doubles from a second to five minutes", () => {
  expect([1, 5, 6, 7, 8, 14, 15, 100].map(lockOutMs)).toEqual([
    0, 0, 1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
  ]);
});

test("an address is locked out for as long as it is told, others are not, and a right secret forgives", () => {
  let nowMs = 1_000_000;
  const gate = createFailureGate({ now: () => nowMs });
  for (let failures = 0; failures < 6; failures += 1) gate.fail("a");
  let refusal: unknown;
  try {
    gate.check("a");
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(TokenHubError);
  expect(refusal).toMatchObject({ code: "too_many_attempts", retryAfterMs: 1_000 });
  expect(() => gate.check("b")).not.toThrow();
  nowMs += 1_000;
  expect(() => gate.check("a")).not.toThrow();
  gate.succeed("a");
  expect(gate.fail("a")).toBe(0);
});

test("an IPv6 client cannot go on from another address of its network", () => {
  const gate = createFailureGate({ now: () => 1_000_000 });
  for (let failures = 0; failures < 6; failures += 1) gate.fail(`2001:db8:1:2::${failures}`);
  expect(() => gate.check("2001:db8:1:2:ffff::1")).toThrow(TokenHubError);
  expect(() => gate.check("2001:db8:1:3::1")).not.toThrow();
  gate.succeed("2001:db8:1:2::7");
  expect(() => gate.check("2001:db8:1:2::1")).not.toThrow();
});
