import { expect, it } from "vitest";
import { closingFrame, framesUpTo, openingFrame, tokenFrame } from "./frame.ts";

const frames = [
  openingFrame("open"),
  tokenFrame("1"),
  openingFrame("between"),
  tokenFrame("2"),
  openingFrame("after"),
  closingFrame("end"),
];

it.each([
  [0, ["open"]],
  [1, ["open", "1"]],
  [2, ["open", "1", "between", "2"]],
  [9, ["open", "1", "between", "2", "after"]],
])("%d tokens leave as %j, never with a closing frame", (tokens, expected) => {
  expect([...framesUpTo(frames, { tokens })].map((frame) => frame.text)).toEqual(expected);
});
