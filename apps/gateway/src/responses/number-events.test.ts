import { describe, expect, it } from "vitest";
import { createEventNumbering, type NumberedEvent } from "./number-events.ts";

const draft = { id: "resp_1", status: "queued" };
const eventOf = (type: string, number: number, more: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more, sequence_number: number })}\n\n`;
const own = [
  eventOf("response.created", 0),
  eventOf("response.queued", 1),
  eventOf("response.in_progress", 2),
  eventOf("response.output_text.delta", 3, { delta: "a" }),
  eventOf("response.completed", 4, { response: { id: "resp_1" } }),
];
const numbersOf = (events: readonly NumberedEvent[]): (number | null)[] => events.map(({ number }) => number);

describe("the events of a response in the background", () => {
  it("begin with its acceptance, and are then those of its stream, byte for byte", () => {
    const numbering = createEventNumbering(draft);
    const begin = numbering.begin();
    expect(begin.map(({ text }) => text)).toEqual([
      `event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","status":"queued"},"sequence_number":0}\n\n`,
      `event: response.queued\ndata: {"type":"response.queued","response":{"id":"resp_1","status":"queued"},"sequence_number":1}\n\n`,
    ]);
    const events = numbering.push(own.join(""));
    expect(events.map(({ text }) => text)).toEqual(own.slice(2));
    expect(numbersOf(events)).toEqual([2, 3, 4]);
    expect(events.map(({ isTerminal }) => isTerminal)).toEqual([false, false, true]);
    expect(numbering.rest()).toEqual([]);
  });

  it("are numbered anew where the provider knew of no queue, however the stream is cut", () => {
    const foreign = [
      `data: {"type":"response.created","sequence_number":0}\r\n\r\n`,
      `data: {"type":"response.in_progress","sequence_number":1}\r\n\r\n`,
      `data: {"type":"response.completed","sequence_number":2,"response":{}}\r\n\r\n`,
    ].join("");
    const whole = createEventNumbering(draft).push(foreign);
    expect(whole.map(({ text }) => text)).toEqual([
      `event: response.in_progress\ndata: {"type":"response.in_progress","sequence_number":2}\n\n`,
      `event: response.completed\ndata: {"type":"response.completed","sequence_number":3,"response":{}}\n\n`,
    ]);
    for (let cut = 1; cut < foreign.length; cut += 1) {
      const numbering = createEventNumbering(draft);
      const pieces = [...numbering.push(foreign.slice(0, cut)), ...numbering.push(foreign.slice(cut))];
      expect([...pieces, ...numbering.rest()]).toEqual(whole);
    }
  });

  it("end with what became of a response that has no stream, numbered behind what there was", () => {
    for (const [status, type] of [
      ["completed", "response.completed"],
      ["incomplete", "response.incomplete"],
      ["failed", "response.failed"],
      ["cancelled", "response.failed"],
    ]) {
      const { number, text, isTerminal } = createEventNumbering(draft).end({ status });
      expect([number, isTerminal, text.startsWith(`event: ${type}\n`)]).toEqual([2, true, true]);
    }
  });
});
