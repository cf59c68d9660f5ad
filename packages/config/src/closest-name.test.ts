import { expect, test } from "vitest";
import { closestName } from "./closest-name.ts";

const names = ["id", "name", "weight", "provider_id", "base_url"];

test.each([
  ["wieght", "weight"],
  ["provider-id", "provider_id"],
  ["Base_URL", "base_url"],
  ["nam", "name"],
  ["ID", "id"],
])("%s means %s", (typed, meant) => {
  expect(closestName(typed, names)).toBe(meant);
});

test("a word of its own is not taken for a short name", () => {
  for (const word of ["colour", "up", "x", ""]) expect(closestName(word, names)).toBeNull();
});
