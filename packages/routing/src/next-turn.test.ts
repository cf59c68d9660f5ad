import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextTurn } from "./next-turn.ts";

function turns(weights: readonly number[], count: number): number[] {
  let credits: readonly number[] = [];
  return Array.from({ length: count }, () => {
    const turn = nextTurn(credits, weights);
    credits = turn.credits;
    return turn.position;
  });
}

describe("turns by weight", () => {
  test.each([
    [[50, 50], "abababab"],
    [[3, 1], "aabaaaba"],
    [[5, 1, 1], "aabacaaa"],
    [[1, 1, 1], "abcabcab"],
    [[0.75, 0.25], "aabaaaba"],
    [[7], "aaaaaaaa"],
  ])("%j go %s", (weights, expected) => {
    expect(
      turns(weights, 8)
        .map((position) => "abc"[position])
        .join(""),
    ).toBe(expected);
  });

  test("keep everyone within one turn of their share at any time, so that there are no runs", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, (shares) => {
        const total = shares.reduce((sum, share) => sum + share, 0);
        const taken = shares.map(() => 0);
        for (const [at, position] of turns(shares, 3 * total).entries()) {
          taken[position] = (taken[position] ?? 0) + 1;
          for (const [who, share] of shares.entries()) {
            const due = ((at + 1) * share) / total;
            expect(Math.abs((taken[who] ?? 0) - due)).toBeLessThan(shares.length > 2 ? 2 : 1 + 1e-9);
          }
        }
        expect(taken).toEqual(shares.map((share) => 3 * share));
      }),
    );
  });

  test("nobody's turn is position -1", () => {
    expect(nextTurn([], []).position).toBe(-1);
  });
});
