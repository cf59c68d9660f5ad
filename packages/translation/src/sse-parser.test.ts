import { TokenHubError } from "@tokenhub/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutText } from "./testing/cut-text.ts";
import { encodeSseEvent } from "./encode-sse-event.ts";
import { createSseParser } from "./sse-parser.ts";
import type { SseEvent } from "./wire-format.ts";

const lineText = fc.string({ minLength: 1 }).map((text) => text.replaceAll(/[\r\n\uFEFF]/g, "x"));
const events = fc.array(
  fc.record({
    event: fc.option(fc.constantFrom("message_start", "ping"), { nil: null }),
    data: fc.array(lineText, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n")),
  }),
);

describe("createSseParser", () => {
  test("reads what encodeSseEvent wrote, however the text is cut", () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat()), (list, places) => {
        const parser = createSseParser();
        const text = list.map(encodeSseEvent).join("");
        const read = cutText(text, places).flatMap((piece) => parser.push(piece));
        expect(read).toEqual(list);
        expect(parser.hasLeftover).toBe(false);
        expect(parser.end()).toEqual([]);
      }),
    );
  });

  test.each(["\n", "\r\n", "\r"])("understands line ends %j and skips comments", (lineEnd) => {
    const parser = createSseParser();
    const text = [": hi", "", "event: a", "data: 1", "", "data: 2", "", ""].join(lineEnd);
    const read = [...parser.push(text), ...parser.end()];
    expect(read).toEqual([
      { event: "a", data: "1" },
      { event: null, data: "2" },
    ]);
  });

  test("skips events without data", () => {
    expect(createSseParser().push("event: ping\n\ndata:\n\ndata: 1\n\n")).toEqual([
      { event: null, data: "1" },
    ]);
  });

  test("tells a stream that was cut from one that ended", () => {
    const parser = createSseParser();
    expect(parser.hasLeftover).toBe(false);
    parser.push("data: 1\n\n");
    expect(parser.hasLeftover).toBe(false);
    parser.push("data: 2");
    expect(parser.hasLeftover).toBe(true);
    parser.push("\n");
    expect(parser.hasLeftover).toBe(true);
    parser.push("\n");
    expect(parser.hasLeftover).toBe(false);
  });

  test("gives the last event when only its blank line is missing", () => {
    const parser = createSseParser();
    expect(parser.push("data: [DONE]")).toEqual([]);
    expect(parser.end()).toEqual<SseEvent[]>([{ event: null, data: "[DONE]" }]);
  });

  test("refuses an event that outgrows the buffer", () => {
    const parser = createSseParser(100);
    expect(() => parser.push(`data: ${"x".repeat(200)}`)).toThrow(TokenHubError);
    expect(() => parser.push("data: 1\n\n")).toThrow(TokenHubError);
  });
});
