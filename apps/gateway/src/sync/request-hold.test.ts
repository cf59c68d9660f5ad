import { describe, expect, it } from "vitest";
import { createRequestHold, type HoldEnding } from "./request-hold.ts";

function holdOf({ isSubmitted }: { readonly isSubmitted: boolean }) {
  const told: string[] = [];
  const hold = createRequestHold({
    gate: { enter: () => ({ [Symbol.dispose]: () => told.push("left") }) },
    reservation: {
      settle: (costUsd) => told.push(`settled ${costUsd}`),
      release: () => told.push("released"),
    },
    passage: { end: (isGood) => told.push(`cache ${isGood}`) },
    cancel: () => told.push("cancelled"),
  });
  if (isSubmitted) hold.submitted();
  return { hold, told };
}

const answered: HoldEnding = { kind: "answered", costUsd: 0.5, isGood: true };
const givenUp: HoldEnding = { kind: "given_up" };
const refused: HoldEnding = { kind: "refused" };

describe("what a request holds", () => {
  it.each([
    [answered, true, ["left", "settled 0.5", "cache true"]],
    [{ ...answered, isGood: false }, true, ["left", "settled 0.5", "cache false"]],
    [answered, false, ["left", "settled 0.5", "cache true"]],
    [givenUp, true, ["left", "settled null", "cancelled", "cache false"]],
    [givenUp, false, ["left", "released", "cache false"]],
    [refused, true, ["left", "released", "cache false"]],
    [refused, false, ["left", "released", "cache false"]],
  ] as const)("is given back at %j (a job: %s)", (ending, isSubmitted, expected) => {
    const { hold, told } = holdOf({ isSubmitted });
    expect(hold.end(ending)).toBe(true);
    expect(told).toEqual(expected);
  });

  it("is given back once, however often and however its end is told", () => {
    for (const first of [answered, givenUp, refused]) {
      const { hold, told } = holdOf({ isSubmitted: true });
      hold.end(first);
      const before = [...told];
      for (const later of [answered, givenUp, refused]) expect(hold.end(later)).toBe(false);
      expect(told).toEqual(before);
    }
  });
});
