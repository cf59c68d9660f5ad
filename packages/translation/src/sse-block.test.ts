import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSseBlock, replaceSseData } from "./sse-block.ts";

describe("an event's text", () => {
  test.each<[string, string | null]>([
    ["data: a\n\n", "a"],
    ["data:a\n\n", "a"],
    ["data: a\r\n\r\n", "a"],
    ["data: a\ny", "a"],
    ["event: x\ndata: a\nid: 1\ndata: b\n\n", "a\nb"],
    ["\n\ndata: a\n\n", "a"],
    [": comment\n\n", null],
    ["\n", null],
    ["", null],
  ])("%j has data %j", (text, data) => {
    expect(readSseBlock(text)?.data ?? null).toBe(data);
  });

  test("is unchanged when its data is replaced by itself", () => {
    const lines = fc.constantFrom("data: a", "data:b", "data: ", "event: x", ": c", "id: 1", "other");
    const texts = fc.tuple(
      fc.array(lines),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.constantFrom("", "\n", "\r\n"),
    );
    fc.assert(
      fc.property(texts, ([list, lineEnd, lead]) => {
        const text = lead + [...list, "", ""].join(lineEnd);
        const block = readSseBlock(text);
        return block === null || replaceSseData(text, block.data) === text;
      }),
    );
    expect(replaceSseData("data:a\n\n", "a")).toBe("data:a\n\n");
  });

  test("keeps its other lines when its data is replaced", () => {
    expect(replaceSseData("event: x\r\ndata:a\r\nid: 1\r\n\r\n", "b")).toBe(
      "event: x\r\ndata:b\r\nid: 1\r\n\r\n",
    );
  });
});
