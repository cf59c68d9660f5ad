import { expect, it } from "vitest";
import { createGather } from "./gather.ts";

function setup(mostAtOnce: number) {
  const batches: number[][] = [];
  const add = createGather<number, string>(
    (items) => {
      batches.push([...items]);
      if (items.includes(13)) return Promise.reject(new Error("not this one"));
      return Promise.resolve(items.map((item) => `${item}!`));
    },
    { mostAtOnce },
  );
  return { add, batches };
}

it("what comes in one turn is done in one go, and each gets its own outcome", async () => {
  const { add, batches } = setup(10);
  expect(await Promise.all([add(1), add(2), add(3)])).toEqual(["1!", "2!", "3!"]);
  expect(batches).toEqual([[1, 2, 3]]);
});

it("no more than a number is done at once, and nothing is left over", async () => {
  const { add, batches } = setup(2);
  await Promise.all([add(1), add(2), add(3), add(4), add(5)]);
  expect(batches).toEqual([[1, 2], [3, 4], [5]]);
});

it("a failure is told to those who were in it, and the next ones go on", async () => {
  const { add } = setup(2);
  const outcomes = await Promise.allSettled([add(12), add(13), add(14)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  expect(await add(15)).toBe("15!");
});
