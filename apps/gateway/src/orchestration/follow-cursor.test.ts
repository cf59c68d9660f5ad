import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor, startOfRun } from "./follow-cursor.ts";

describe("the id of an event", () => {
  it("is read as it was written, but for calls of which nothing was told", () => {
    const place = fc.nat(999_999_999);
    fc.assert(
      fc.property(place, fc.uniqueArray(place, { maxLength: 20 }), place, (eventNumber, starts, told) => {
        const cursor = { eventNumber, toldByStart: new Map(starts.map((start) => [start, told])) };
        const expected = told === 0 ? { ...cursor, toldByStart: new Map() } : cursor;
        expect(decodeCursor(encodeCursor(cursor))).toEqual(expected);
      }),
    );
  });

  it("goes through headers and addresses as it is", () => {
    expect(encodeCursor(startOfRun)).toBe("0");
    const cursor = encodeCursor({
      eventNumber: 7,
      toldByStart: new Map([
        [3, 120],
        [4, 0],
        [5, 9],
      ]),
    });
    expect(cursor).toBe("7~3.120~5.9");
    expect(encodeURIComponent(cursor)).toBe(cursor);
  });

  it.each(["", "-1", "1.5", "7~", "7~3", "7~3.", "abc", "1 ", "12345678901", `1${"~1.1".repeat(101)}`])(
    "is refused when no event has it: %j",
    (text) => {
      expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: "invalid_request" }));
    },
  );
});
