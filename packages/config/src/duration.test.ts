import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { parseDuration } from "./duration.ts";

test.each([
  ["720h", 2_592_000_000],
  ["1h30m", 5_400_000],
  ["PT1H30M", 5_400_000],
  ["250ms", 250],
  ["20s", 20_000],
  ["1.5s", 1_500],
  ["1h0m0.25s", 3_600_250],
  ["1500us", 2],
  ["0", 0],
  ["P1D", 86_400_000],
  ["P1W", 604_800_000],
  ["P1DT2H", 93_600_000],
  ["PT0.5S", 500],
])("%s is %d ms", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each(["", "20", "h", "-1h", "1h 30m", "1d", "P", "PT", "P1Y", "P1M", "1h30", "soon", "999999999999h"])(
  "%j is refused with the accepted forms",
  (text) => {
    expect(() => parseDuration(text)).toThrow(ConfigError);
    expect(() => parseDuration(text)).toThrow(/write it like 250ms, 20s, 1h30m/);
  },
);

test("Go style and ISO 8601 agree for every hour, minute and second", () => {
  const count = fc.integer({ min: 0, max: 5_000 });
  fc.assert(
    fc.property(count, count, count, (hours, minutes, seconds) => {
      const expected = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
      expect(parseDuration(`${hours}h${minutes}m${seconds}s`)).toBe(expected);
      expect(parseDuration(`PT${hours}H${minutes}M${seconds}S`)).toBe(expected);
    }),
  );
});
