import fc from "fast-check";
import { expect, test } from "vitest";
import { planReplacement } from "./plan-replacement.ts";

const id = fc.constantFrom("a", "b", "c", "d", "e");
const content = fc.record({ id, value: fc.constantFrom(1, 2) });
const row = fc.record({ id, value: fc.constantFrom(1, 2), source: fc.constantFrom("config", "admin") });
const unique = { selector: ({ id: key }: { id: string }): string => key };

test("what the plan leaves is exactly the wanted rows plus those of an admin", () => {
  fc.assert(
    fc.property(fc.uniqueArray(row, unique), fc.uniqueArray(content, unique), (existing, wanted) => {
      const plan = planReplacement<{ id: string; value: number }>(existing, wanted);
      const rows = new Map<string, unknown>(existing.map((present) => [present.id, present]));
      for (const removed of plan.removed) rows.delete(removed);
      for (const written of wanted.filter((item) => [...plan.added, ...plan.changed].includes(item.id))) {
        rows.set(written.id, { ...written, source: "config" });
      }
      const expected = new Map(
        existing.filter(({ source }) => source === "admin").map((kept) => [kept.id, kept]),
      );
      for (const item of wanted)
        if (!expected.has(item.id)) expected.set(item.id, { ...item, source: "config" });
      expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
    }),
  );
});

test("a second plan for the same configuration has nothing to do", () => {
  const wanted = [{ id: "a", value: 1 }];
  const plan = planReplacement([{ id: "a", value: 1, source: "config" as const }], wanted);
  expect(plan).toEqual({ added: [], changed: [], removed: [], keptForAdmin: [], keptRemoved: [] });
});

test("an entry that an admin has removed stays away as long as the configuration names it", () => {
  const plan = planReplacement([], [{ id: "a" }, { id: "b" }], { removedByAdmin: new Set(["a", "c"]) });
  expect(plan).toEqual({ added: ["b"], changed: [], removed: [], keptForAdmin: [], keptRemoved: ["a"] });
});
