import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countWords, endlessWords, fitToWords, splitWords, textOfBytes } from "./words.ts";

describe("words", () => {
  it("cut a text before its white space", () => {
    expect(splitWords("Mock answer  from\nme ")).toEqual(["Mock", " answer", "  from", "\nme "]);
    expect(splitWords("")).toEqual([]);
    expect(splitWords("  ")).toEqual(["  "]);
  });

  it("joined are the text again, and are as many as counted", () => {
    const text = fc.string({ unit: fc.constantFrom(" ", "\n", "a", "é", "\u00a0", "😀") });
    fc.assert(
      fc.property(text, (value) => {
        const words = splitWords(value);
        expect(words.join("")).toBe(value);
        expect(countWords(value)).toBe(words.length);
      }),
    );
  });

  it("fit any text to any number of words", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: 50 }), (text, count) => {
        expect(countWords(fitToWords(text, count))).toBe(count);
      }),
    );
  });

  it("make a text of exactly the bytes asked for", () => {
    for (const bytes of [0, 1, 1_023, 1_024, 1_025, 5_000]) {
      expect(Buffer.byteLength(textOfBytes(bytes))).toBe(bytes);
    }
  });

  it("go on for ever when asked to", () => {
    const words = endlessWords();
    expect([words.next().value, words.next().value, words.next().done]).toEqual(["mock", " mock", false]);
  });
});
