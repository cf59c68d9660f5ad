import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseHttpDate } from "./http-date.ts";

test.each([
  ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"],
  ["sun, 06 nov 1994 08:49:37 gmt", "1994-11-06T08:49:37Z"],
  ["Thu, 29 Feb 2024 23:59:60 GMT", "2024-03-01T00:00:00Z"],
  ["Sunday, 06-Nov-34 08:49:37 GMT", "2034-11-06T08:49:37Z"],
  ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"],
  ["Sun Nov 16 08:49:37 2036", "2036-11-16T08:49:37Z"],
])("%s is %s", (text, iso) => {
  expect(parseHttpDate(text)).toBe(Date.parse(iso));
});

test.each([
  "",
  "tomorrow",
  "2024-02-29T00:00:00Z",
  "Sun, 06 Nov 1994 08:49:37 +0100",
  "Sun, 06 Foo 1994 08:49:37 GMT",
  "Wed, 29 Feb 2023 00:00:00 GMT",
  "Sun, 00 Nov 1994 08:49:37 GMT",
  "Sun, 31 Nov 1994 08:49:37 GMT",
  "Sun, 06 Nov 1994 24:00:00 GMT",
  "Sun, 06 Nov 1994 08:60:00 GMT",
])("%j is no HTTP date", (text) => {
  expect(parseHttpDate(text)).toBeNull();
});

test("every second of four centuries comes back from its own text", () => {
  const seconds = fc.integer({ min: Date.UTC(1901, 0, 1) / 1000, max: Date.UTC(2299, 11, 31) / 1000 });
  fc.assert(
    fc.property(seconds, (second) => {
      expect(parseHttpDate(new Date(second * 1000).toUTCString())).toBe(second * 1000);
    }),
    { numRuns: 2_000 },
  );
});
