import { failureClassSchema } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { countsAgainstHealth } from "./counts-against-health.ts";

test("what the caller caused, and a rate limit, never counts against a provider", () => {
  const counted = failureClassSchema.options.filter(
    (failureClass) => countsAgainstHealth(failureClass) === "error",
  );
  expect(counted.toSorted()).toEqual(["auth", "quota_exhausted", "transient"]);
});
