import { describe, expect, it } from "vitest";
import { createTerminalHold, terminalResponseOf } from "./terminal-hold.ts";

const delta = `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"say \\"response.completed\\""}\n\n`;
const last = `event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1"}}\n\n`;
const done = "data: [DONE]\n\n";

describe("the last event of a response's stream", () => {
  it("is held back with all that follows it, and everything before goes on as it is", () => {
    const hold = createTerminalHold();
    expect(hold.pass(delta)).toBe(delta);
    expect([hold.response, hold.held]).toEqual([null, ""]);
    expect(hold.pass(delta + last)).toBe(delta);
    expect(hold.pass(done)).toBe("");
    expect(hold.response).toEqual({ id: "resp_1" });
    expect(hold.held).toBe(last + done);
  });

  it.each(["response.completed", "response.incomplete", "response.failed"])(
    "may be %s, with or without its name",
    (type) => {
      for (const name of [`event: ${type}\r\n`, ""]) {
        const block = `${name}data: {"sequence_number":3, "type": "${type}", "response":{"status":"x"}}\r\n\r\n`;
        const hold = createTerminalHold();
        expect(hold.pass(block)).toBe("");
        expect(hold.response).toEqual({ status: "x" });
      }
    },
  );

  it("is no text that only speaks of one", () => {
    const quoted = `event: x\ndata: {"type":"x","say":"response.completed","response":{}}\n\n`;
    const hold = createTerminalHold();
    expect(hold.pass(quoted)).toBe(quoted);
    expect(hold.response).toBeNull();
  });

  it("is found in a kept stream; half of one is none", () => {
    expect(terminalResponseOf(delta + last + done)).toEqual({ id: "resp_1" });
    expect(terminalResponseOf(delta)).toBeNull();
    expect(terminalResponseOf(last.slice(0, 60))).toBeNull();
  });
});
