import { describe, expect, test } from "vitest";
import { createBlockSequencer, type OutgoingBlock } from "./block-sequencer.ts";

interface Bundle {
  readonly put: (key: string, delta?: string) => string;
  readonly endBlock: () => string;
  readonly flush: () => string;
}

/** A sequencer that writes `[key`, the deltas, `]`; blocks whose key is in `growing` are never complete by themselves. */
function setup(growing: ReadonlySet<string>): Bundle {
  const sequencer = createBlockSequencer({
    start: (index, block) => `[${index}${String(block["key"])} `,
    delta: (_index, delta) => String(delta["text"]),
    stop: () => "]",
  });
  const create = (key: string): OutgoingBlock => ({
    key,
    contentBlock: { key },
    isComplete: () => !growing.has(key),
    closingDeltas: () => [{ text: "." }],
  });
  return {
    endBlock: () => sequencer.endBlock(),
    flush: () => sequencer.flush(),
    put: (key, text) =>
      sequencer.put({ key, delta: text === undefined ? null : { text }, create: () => create(key) }),
  };
}

describe("createBlockSequencer", () => {
  test("writes an ordinary sequence at once", () => {
    const { put, endBlock, flush } = setup(new Set());
    expect(put("a", "1")).toBe("[0a 1");
    expect(put("a", "2")).toBe("2");
    expect(put("b", "3")).toBe(".][1b 3");
    expect(endBlock()).toBe(".]");
    expect(put("b", "4")).toBe("[2b 4");
    expect(flush()).toBe(".]");
    expect(flush()).toBe("");
  });

  test("lets other blocks wait while the open one may grow, in the order of their first pieces", () => {
    const growing = new Set(["a"]);
    const { put, flush } = setup(growing);
    expect(put("a", "1")).toBe("[0a 1");
    expect(put("b", "2") + put("c", "3") + put("b", "4")).toBe("");
    expect(put("a", "5")).toBe("5");
    growing.delete("a");
    expect(put("a", "6")).toBe("6.][1b 24.][2c 3");
    expect(flush()).toBe(".]");
  });

  test("writes everything at the end, complete or not", () => {
    const { put, flush } = setup(new Set(["a", "b"]));
    put("a", "1");
    put("b", "2");
    expect(flush()).toBe(".][1b 2.]");
  });

  test("keeps blocks apart that were ended while they waited", () => {
    const growing = new Set(["a"]);
    const { put, endBlock, flush } = setup(growing);
    put("a");
    put("b", "1");
    expect(endBlock()).toBe("");
    put("b", "2");
    endBlock();
    growing.delete("a");
    expect(put("a", "0")).toBe("0.][1b 1.][2b 2.]");
    expect(put("b", "3")).toBe("[3b 3");
    expect(flush()).toBe(".]");
  });
});
