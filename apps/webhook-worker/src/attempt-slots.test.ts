import { expect, test } from "vitest";
import { createAttemptSlots, type AttemptSlotsOptions, type SlotAnswer } from "./attempt-slots.ts";

function setup(options: Partial<AttemptSlotsOptions> = {}) {
  const clock = { nowMs: 1_000 };
  const slots = createAttemptSlots({
    attempts: 100,
    perReceiver: 2,
    places: 0,
    now: () => clock.nowMs,
    ...options,
  });
  const never = new AbortController().signal;
  return { clock, take: (receiver: string, signal = never) => slots.take(receiver, signal) };
}
function release(answer: SlotAnswer): void {
  if (answer.kind !== "taken") throw new Error("no slot was taken");
  answer.release();
}

test("a receiver gets no more than its slots, and another one gets its own", async () => {
  const { take } = setup();
  const first = await take("slow");
  await take("slow");
  expect(await take("slow")).toMatchObject({ kind: "away" });
  expect(await take("other")).toMatchObject({ kind: "taken" });
  release(first);
  // Said twice is said once.
  release(first);
  expect(await take("slow")).toMatchObject({ kind: "taken" });
  expect(await take("slow")).toMatchObject({ kind: "away" });
});

test("all together get no more than there are", async () => {
  const { take } = setup({ attempts: 2, places: 4 });
  const first = await take("a");
  await take("b");
  const third = take("c");
  release(first);
  expect(await third).toMatchObject({ kind: "taken" });
});

test("those who wait come in order, and a receiver that waits lets others pass", async () => {
  const { take } = setup({ places: 8 });
  const [first, second] = [await take("slow"), await take("slow")];
  const order: string[] = [];
  const waiting = ["third", "fourth"].map(async (name) => {
    const answer = await take("slow");
    order.push(name);
    return answer;
  });
  expect(await take("other")).toMatchObject({ kind: "taken" });
  release(first);
  release(second);
  expect(await Promise.all(waiting)).toMatchObject([{ kind: "taken" }, { kind: "taken" }]);
  expect(order).toEqual(["third", "fourth"]);
});

test("one receiver has half of the places, and all have no more than there are", async () => {
  const { take } = setup({ places: 4 });
  const fill = async (receiver: string): Promise<void> => {
    await take(receiver);
    await take(receiver);
    void take(receiver);
    void take(receiver);
  };
  await fill("a");
  expect(await take("a")).toMatchObject({ kind: "away" });
  await fill("b");
  await take("c");
  await take("c");
  expect(await take("c")).toMatchObject({ kind: "away" });
});

test("whoever waits when the worker stops is handed back at once, and leaves its place", async () => {
  const { take } = setup({ places: 2 });
  const first = await take("a");
  await take("a");
  const stop = new AbortController();
  const waiting = take("a", stop.signal);
  stop.abort();
  expect(await waiting).toEqual({ kind: "away", comeBackInMs: 0 });
  expect(await take("b", stop.signal)).toEqual({ kind: "away", comeBackInMs: 0 });
  const next = take("a");
  release(first);
  expect(await next).toMatchObject({ kind: "taken" });
});

test("who is sent away comes back at the receiver's pace, one after the other, and within half a minute", async () => {
  const { take, clock } = setup();
  for (let count = 0; count < 40; count += 1) {
    const slot = await take("slow");
    clock.nowMs += 20_000;
    release(slot);
  }
  await take("slow");
  await take("slow");
  const absenceOf = async (receiver: string): Promise<number> => {
    const answer = await take(receiver);
    return answer.kind === "away" ? Math.round(answer.comeBackInMs / 50) * 50 : -1;
  };
  // Twenty seconds over two slots, and an eighth of that.
  const absences = [await absenceOf("slow"), await absenceOf("slow"), await absenceOf("slow")];
  expect(absences).toEqual([1_250, 2_500, 3_750]);
  for (let count = 0; count < 30; count += 1) await take("slow");
  expect(await absenceOf("slow")).toBe(30_000);
  clock.nowMs += 60_000;
  expect(await absenceOf("slow")).toBe(1_250);
});

test("nobody is sent away for less than a moment", async () => {
  const { take } = setup();
  await take("quick");
  await take("quick");
  expect(await take("quick")).toEqual({ kind: "away", comeBackInMs: 50 });
});

test("receivers that are idle are forgotten, those that are not keep their bound", async () => {
  const { take } = setup();
  await take("busy");
  await take("busy");
  for (let count = 0; count < 3_000; count += 1) release(await take(`receiver ${count}`));
  expect(await take("busy")).toMatchObject({ kind: "away" });
});
