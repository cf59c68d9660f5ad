import { expect, test } from "vitest";
import { createJobLine } from "./job-line.ts";
import { refusalOf } from "./testing/build-vault.ts";

test("jobs run one at a time, in the order they came", async () => {
  const line = createJobLine(10);
  let running = 0;
  const order: number[] = [];
  await Promise.all(
    [0, 1, 2, 3].map((number) =>
      line.run(async () => {
        running += 1;
        expect(running).toBe(1);
        await Promise.resolve();
        order.push(number);
        running -= 1;
      }),
    ),
  );
  expect(order).toEqual([0, 1, 2, 3]);
});

test("a job beyond those that may wait is refused at once, and room is made when one ends", async () => {
  const line = createJobLine(2);
  const gate = Promise.withResolvers<string>();
  const admitted = [1, 2, 3].map(() => line.run(() => gate.promise));
  expect(await refusalOf(line.run(async () => "never"))).toBe("too_many_attempts");
  gate.resolve("done");
  expect(await Promise.all(admitted)).toEqual(["done", "done", "done"]);
  expect(await line.run(async () => "next")).toBe("next");
});

test("a job that fails fails alone", async () => {
  const line = createJobLine(5);
  const failing = line.run(() => Promise.reject(new Error("no")));
  const next = line.run(async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
});
