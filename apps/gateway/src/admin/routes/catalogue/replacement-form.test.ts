import { expect, test } from "vitest";
import { replacementForm } from "./replacement-form.ts";

const read = {
  id: "m",
  weight: 2,
  warnings: ["w"],
  source: "admin",
  version: 3,
  created_at: "c",
  updated_at: "u",
};

test("what was read can be sent back: only what can be changed is left of it", () => {
  expect(replacementForm(read, { id: "m", readOnlyNames: ["warnings"] })).toEqual({ weight: 2 });
  expect(replacementForm({ id: undefined, weight: null }, { id: "m", readOnlyNames: [] })).toEqual({
    weight: null,
  });
});

test("the id of the path cannot be changed", () => {
  expect(() => replacementForm(read, { id: "n", readOnlyNames: ["warnings"] })).toThrow(
    expect.objectContaining({ code: "invalid_request", param: "id" }),
  );
});
