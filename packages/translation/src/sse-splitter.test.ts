import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutText } from "./testing/cut-text.ts";
import { createSseSplitter, splitSseBlocks } from "./sse-splitter.ts";

const streamText = fc
  .array(fc.constantFrom("data: a", "event: b", ": c", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "x"), {
    maxLength: 40,
  })
  .map((pieces) => pieces.join(""));

describe("createSseSplitter", () => {
  test("loses and adds nothing, however the text is cut", () => {
    fc.assert(
      fc.property(streamText, fc.array(fc.nat(), { maxLength: 12 }), (text, places) => {
        const splitter = createSseSplitter();
        const passed = cutText(text, places).map((piece) => splitter.push(piece));
        expect(passed.join("") + splitter.takeRest()).toBe(text);
      }),
    );
  });

  test("passes on the same text, however it is cut", () => {
    fc.assert(
      fc.property(streamText, fc.array(fc.nat(), { maxLength: 12 }), (text, places) => {
        const whole = createSseSplitter().push(text);
        const splitter = createSseSplitter();
        const passed = cutText(text, places).map((piece) => splitter.push(piece));
        expect(passed.join("")).toBe(whole);
      }),
    );
  });

  test("holds an incomplete event back", () => {
    const splitter = createSseSplitter();
    expect(splitter.push("data: 1\n\ndata: 2\n")).toBe("data: 1\n\n");
    expect(splitter.push("\n")).toBe("data: 2\n\n");
    expect(splitter.push("data: 3")).toBe("");
    expect(splitter.takeRest()).toBe("data: 3");
    expect(splitter.takeRest()).toBe("");
  });

  test.each(["\n", "\r\n", "\r"])("ends an event at a blank line, not at a line end %j", (lineEnd) => {
    const splitter = createSseSplitter();
    const event = `event: a${lineEnd}data: 1${lineEnd}`;
    expect(splitter.push(event)).toBe("");
    expect(splitter.push(`${lineEnd}event`)).toBe(event + lineEnd);
  });

  test("stays linear when one large event comes in many small pieces", () => {
    const splitter = createSseSplitter();
    const startedAt = performance.now();
    for (let piece = 0; piece < 200_000; piece += 1) splitter.push("abcde");
    expect(splitter.push("\n\n")).toHaveLength(1_000_002);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe("splitSseBlocks", () => {
  test.each([
    ["a\n\nb\n\n", ["a\n\n", "b\n\n"]],
    ["a\r\n\r\nb\r\n\r\n", ["a\r\n\r\n", "b\r\n\r\n"]],
    ["a\n\nb", ["a\n\n", "b"]],
    ["", []],
  ])("cuts %j behind every event", (text, blocks) => {
    expect(splitSseBlocks(text)).toEqual(blocks);
  });
});
