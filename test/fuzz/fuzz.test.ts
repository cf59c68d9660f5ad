import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findAftermath } from "./aftermath.ts";
import { startFuzzSite, type FuzzSite } from "./fuzz-site.ts";
import { nameOf, operationsOf } from "./open-api-operations.ts";
import { runFuzz } from "./run-fuzz.ts";
import { undescribedOperations } from "./undescribed-operations.ts";

const requests = 3_000;
const seed = 20_261_121;

let site: FuzzSite;
beforeAll(async () => {
  site = await startFuzzSite({ redisUrl: inject("redisUrl") });
});
afterAll(() => site[Symbol.asyncDispose]());

describe("3,000 generated requests over every endpoint", () => {
  it(
    "are each answered within 10 s in their caller's format, none by a fault of ours and none with a secret",
    { timeout: 60_000 },
    async () => {
      const report = await runFuzz(site, {
        seed,
        requests,
        passwordRequests: 60,
        connections: 16,
        endAtMs: Infinity,
      });

      expect(report.failureTexts).toEqual([]);
      expect(report.sent).toBe(requests);
      const all = operationsOf(site.document, undescribedOperations).map(nameOf);
      expect(all.filter((name) => !report.operations.has(name))).toEqual([]);
      // Were nearly all refused, nothing behind the checks would be reached.
      expect(report.succeeded).toBeGreaterThan(requests / 6);
      expect(await findAftermath(site)).toEqual([]);
    },
  );
});
