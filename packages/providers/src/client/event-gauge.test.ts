import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventGauge } from "./event-gauge.ts";

/** The plain way: all bytes after the last blank line of the whole text. */
function openEventSize(text: string): number {
  let end = 0;
  for (const blankLine of text.matchAll(/(?<=\n)\n|(?<=\r)\r|(?<=\n)\r(?!\n)|(?<=[\r\n])\r\n/g)) {
    end = blankLine.index + blankLine[0].length;
  }
  return text.length - end;
}

const encode = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("EventGauge", () => {
  test("measures from the last blank line, whatever the line ends are", () => {
    for (const blankLine of ["\n\n", "\r\n\r\n", "\r\r"]) {
      expect(new EventGauge().measure(encode(`data: 1${blankLine}data: 22`))).toBe(8);
    }
  });

  test("an event without end grows with every piece", () => {
    const gauge = new EventGauge();
    expect([
      gauge.measure(encode("data: ")),
      gauge.measure(encode("abc")),
      gauge.measure(encode("def")),
    ]).toEqual([6, 9, 12]);
  });

  test("finds a blank line that is cut between pieces, however the stream is cut", () => {
    const line = fc.constantFrom("data: a", "b", ": ping", "");
    const lineEnd = fc.constantFrom("\n", "\r\n");
    const text = fc.array(fc.tuple(line, lineEnd)).map((lines) => lines.flat().join(""));
    fc.assert(
      fc.property(text, fc.array(fc.nat(12)), (whole, cuts) => {
        const gauge = new EventGauge();
        let measured = 0;
        let position = 0;
        for (const length of [...cuts, whole.length]) {
          const piece = whole.slice(position, position + length);
          position += piece.length;
          measured = gauge.measure(encode(piece));
        }
        expect(measured).toBe(openEventSize(whole.slice(0, position)));
      }),
    );
  });
});
