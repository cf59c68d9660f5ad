import { errorTable, type ErrorCode } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { beginsAnew } from "./begins-anew.ts";

test.each(["scheduled", "queued", "running", "succeeded", "cancelled"] as const)(
  "a request whose job is %s is not carried out again",
  (state) => {
    expect(beginsAnew({ state, errorCode: state === "cancelled" ? "cancelled" : null })).toBe(false);
  },
);

test.each(["provider_bad_request", "context_length_exceeded"] as const)(
  "%s is said again, since it would be said again",
  (errorCode) => {
    expect(beginsAnew({ state: "failed", errorCode })).toBe(false);
  },
);

test("a failure of status 429 or 5xx, a failure without a code and a missed deadline are never final", () => {
  const passing = (Object.keys(errorTable) as ErrorCode[]).filter(
    (code) => errorTable[code].status >= 500 || errorTable[code].status === 429,
  );
  expect(passing.length).toBeGreaterThan(10);
  for (const errorCode of [...passing, null]) expect(beginsAnew({ state: "failed", errorCode })).toBe(true);
  expect(beginsAnew({ state: "expired", errorCode: "provider_bad_request" })).toBe(true);
});
