import { expect, test } from "vitest";
import { scopesSchema } from "./scopes.ts";

test.each([
  [["chat"], ["chat"]],
  ['["chat"]', ["chat"]],
  ['["chat","plan"]', ["chat", "plan"]],
  [
    ["plan", "chat", "plan"],
    ["plan", "chat"],
  ],
  [[], []],
  ["[]", []],
  ["", []],
])("S3-92: scopes %j mean %j", (stated, expected) => {
  expect(scopesSchema.parse(stated)).toEqual(expected);
});

test.each([
  [["admin"]],
  [["chat", "everything"]],
  ['["chat","everything"]'],
  ["chat"],
  ["{}"],
  ["["],
  [[1]],
  [null],
])("S3-92: %j is refused, because it is no list of known scopes", (stated) => {
  expect(scopesSchema.safeParse(stated).success).toBe(false);
});
