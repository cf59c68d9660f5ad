import { expect, test } from "vitest";
import { judgeRecovery } from "./judge-recovery.ts";

const at = (...times: number[]) => times.map((fromMs) => ({ fromMs }));
const ended = (...times: (number | null)[]) => times.map((finishedAtMs) => ({ finishedAtMs }));

test("recovery is the time from a trouble to the next end, and what has no end after it tells nothing", () => {
  const jobs = ended(1_500, null, 1_100, 3_000);
  expect(judgeRecovery({ troubles: at(1_000, 1_200, 1_600, 9_000), jobs })).toEqual({
    medianMs: 300,
    longestMs: 1_400,
  });
  expect(judgeRecovery({ troubles: at(9_000), jobs })).toBeNull();
});
