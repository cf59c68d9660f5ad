import { expect, test } from "vitest";
import { restartDelayMs } from "./restart-delay.ts";

test("restarts wait 250 ms at first, twice as long each time, and never more than 10 s", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => restartDelayMs(failures))).toEqual([
    250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000,
  ]);
});
