import { expect, test } from "vitest";
import { saysNothingIsLeft } from "./nothing-left.ts";

test.each(["NOTHING LEFT", "Nothing left.", "**Nothing left**", "Nothing is left to improve!"])(
  "%j says so",
  (text) => {
    expect(saysNothingIsLeft(text)).toBe(true);
  },
);

test.each(["", "Nothing left of the castle", "There is much left.", "NOTHING LEFT\nHere is the answer: 42"])(
  "%j is an answer",
  (text) => {
    expect(saysNothingIsLeft(text)).toBe(false);
  },
);
