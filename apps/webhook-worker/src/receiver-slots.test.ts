import { expect, test } from "vitest";
import { createReceiverSlots, type SlotAnswer } from "./receiver-slots.ts";

function setup(patienceMs = 0) {
  const clock = { nowMs: 1_000 };
  const slots = createReceiverSlots({ perReceiver: 2, now: () => clock.nowMs, patienceMs });
  return { clock, slots };
}
function release(answer: SlotAnswer): void {
  if (answer.kind !== "taken") throw new Error("no slot was taken");
  answer.release();
}

test("a receiver gets no more than its slots, and another one gets its own", async () => {
  const { slots } = setup();
  const first = await slots.take("slow");
  await slots.take("slow");
  expect(await slots.take("slow")).toMatchObject({ kind: "full" });
  expect(await slots.take("other")).toMatchObject({ kind: "taken" });
  release(first);
  // Said twice is said once.
  release(first);
  expect(await slots.take("slow")).toMatchObject({ kind: "taken" });
  expect(await slots.take("slow")).toMatchObject({ kind: "full" });
});

test("a slot that becomes free in a moment is waited for, in order", async () => {
  const { slots } = setup(10_000);
  const [first, second] = [await slots.take("quick"), await slots.take("quick")];
  const order: string[] = [];
  const waiting = ["third", "fourth"].map(async (name) => {
    const answer = await slots.take("quick");
    order.push(name);
    return answer;
  });
  // Those who wait are bounded too.
  expect(await slots.take("quick")).toMatchObject({ kind: "full" });
  release(first);
  release(second);
  expect(await Promise.all(waiting)).toMatchObject([{ kind: "taken" }, { kind: "taken" }]);
  expect(order).toEqual(["third", "fourth"]);
});

test("who is sent away comes back at the receiver's pace, one after the other, and within half a minute", async () => {
  const { slots, clock } = setup();
  for (let count = 0; count < 40; count += 1) {
    const slot = await slots.take("slow");
    clock.nowMs += 10_000;
    release(slot);
  }
  await slots.take("slow");
  await slots.take("slow");
  const absences: number[] = [];
  for (let count = 0; count < 10; count += 1) {
    const answer = await slots.take("slow");
    if (answer.kind === "full") absences.push(answer.comeBackInMs);
  }
  // Ten seconds over two slots.
  expect(absences.slice(0, 3).map((absenceMs) => Math.round(absenceMs / 100) / 10)).toEqual([5, 10, 15]);
  expect(absences.slice(6)).toEqual([30_000, 30_000, 30_000, 30_000]);
});

test("receivers that are idle are forgotten, those that are not keep their bound", async () => {
  const { slots } = setup();
  await slots.take("busy");
  await slots.take("busy");
  for (let count = 0; count < 3_000; count += 1) release(await slots.take(`receiver ${count}`));
  expect(await slots.take("busy")).toMatchObject({ kind: "full" });
});
