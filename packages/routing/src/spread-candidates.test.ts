import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { spreadCandidates, type SpreadWish } from "./spread-candidates.ts";

/** Models are named after their provider: `p1` is one of `p`. */
const candidatesOf = (names: string) =>
  names.split(" ").map((modelId) => ({ modelId, providerId: modelId.slice(0, 1) }));

function spread(names: string, wish: Partial<SpreadWish> = {}): string {
  const { rank = 0 } = wish;
  const candidates = candidatesOf(names);
  const order = spreadCandidates(candidates, {
    avoidModelIds: [],
    avoidProviderIds: [],
    rank,
    ranks: rank + 1,
    isReplacement: false,
    ...wish,
  });
  return order.map((position) => candidates[position]?.modelId).join(" ");
}

describe("the line of candidates", () => {
  test.each([
    ["one provider keeps its order", "p1 p2 p3", {}, "p1 p2 p3"],
    ["providers take turns, the best of each first", "p1 p2 q1 p3 q2", {}, "p1 q1 p2 q2 p3"],
    ["nobody stands behind its own provider if another could", "p1 q1 q2 p2", {}, "p1 q1 p2 q2"],
    ["every provider comes once before one comes twice", "p1 p2 q1 r1", {}, "p1 q1 r1 p2"],
    ["a model to be avoided is last", "p1 p2 q1", { avoidModelIds: ["p1"] }, "p2 q1 p1"],
    [
      "those of a provider to be avoided are later",
      "p1 p2 q1 q2",
      { avoidProviderIds: ["p"] },
      "q1 q2 p1 p2",
    ],
    [
      "models to be avoided come after those of providers to be avoided",
      "p1 p2 q1 r1",
      { avoidModelIds: ["r1", "p1"], avoidProviderIds: ["p"] },
      "q1 p2 r1 p1",
    ],
    [
      "when all are to be avoided, they are taken all the same",
      "p1 p2",
      { avoidModelIds: ["p1", "p2"] },
      "p1 p2",
    ],
    ["unknown ids change nothing", "p1 q1", { avoidModelIds: ["x"], avoidProviderIds: ["y"] }, "p1 q1"],
  ])("%s", (_rule, names, wish, expected) => {
    expect(spread(names, wish)).toBe(expected);
  });

  test("of nobody is empty", () => {
    const wish = { avoidModelIds: [], avoidProviderIds: [], rank: 2, ranks: 3, isReplacement: false };
    expect(spreadCandidates([], wish)).toEqual([]);
    expect(spreadCandidates([], { ...wish, isReplacement: true })).toEqual([]);
  });
});

describe("the rank of a call", () => {
  const names = "p1 q1 p2 p3 q2";
  test.each([
    [0, "p1 q2 p3 q1 p2"],
    [1, "q1 p3 q2 p2 p1"],
    [2, "p2 q2 p3 p1 q1"],
  ])("%i of three known ones falls back on models that no other one begins with", (rank, expected) => {
    expect(spread(names, { rank, ranks: 3 })).toBe(expected);
  });

  test.each([
    [0, "p1 q1 p2 q2 p3"],
    [1, "q1 q2 p3 p2 p1"],
    [2, "p2 q2 p3 p1 q1"],
    [4, "p3 p1 q1 p2 q2"],
    [5, "p1 q1 p2 q2 p3"],
    [7, "p2 q2 p3 p1 q1"],
  ])(
    "%i of an unknown number has the choices of lower ranks last, and begins again at the end",
    (rank, expected) => {
      expect(spread(names, { rank })).toBe(expected);
    },
  );

  test("falls back on nobody to be avoided while another is free, whatever its rank", () => {
    const wish = { avoidModelIds: ["r1"], avoidProviderIds: ["s"], ranks: 2 };
    expect(spread("r1 s1 p1 q1 t1 u1", { ...wish, rank: 0 })).toBe("p1 t1 u1 s1 r1 q1");
    expect(spread("r1 s1 p1 q1 t1 u1", { ...wish, rank: 1 })).toBe("q1 u1 t1 s1 r1 p1");
  });

  test("goes on after a failure as its decision said, where providers make no difference", () => {
    const names = ["p1", "q1", "r1", "s1", "t1"];
    for (const ranks of [1, 2, 3, 4, 5]) {
      for (let rank = 0; rank < ranks; rank++) {
        const [failed, next] = spread(names.join(" "), { rank, ranks }).split(" ");
        const left = names.filter((name) => name !== failed).join(" ");
        expect(spread(left, { rank, ranks, isReplacement: true }).split(" ")[0]).toBe(next);
      }
    }
  });

  test("whose choices are all used up after a failure shares with another, not all with the same", () => {
    const left = (rank: number) => spread("p1 q1", { rank, ranks: 3, isReplacement: true }).slice(0, 2);
    expect([left(0), left(1), left(2)]).toEqual(["p1", "q1", "p1"]);
  });
});

const situations = fc
  .record({
    providers: fc.array(fc.constantFrom("p", "q", "r", "s"), { minLength: 1, maxLength: 12 }),
    avoidedModels: fc.array(fc.nat(11), { maxLength: 4 }),
    avoidProviderIds: fc.subarray(["p", "q"]),
    rank: fc.nat(14),
    ranksAbove: fc.nat(5),
    isReplacement: fc.boolean(),
  })
  .map(({ providers, avoidedModels, ranksAbove, ...rest }) => ({
    candidates: providers.map((providerId, at) => ({ modelId: `${providerId}${at}`, providerId })),
    wish: {
      ...rest,
      avoidModelIds: avoidedModels.map((at) => `${providers[at] ?? "x"}${at}`),
      ranks: rest.rank + 1 + ranksAbove,
    },
  }));

test("whatever is wished for, every candidate is in the order once", () => {
  fc.assert(
    fc.property(situations, ({ candidates, wish }) => {
      const order = spreadCandidates(candidates, wish);
      expect(order.toSorted((a, b) => a - b)).toEqual(candidates.map((_, position) => position));
    }),
  );
});

test("of n candidates the ranks 0 to n - 1 take n different ones", () => {
  fc.assert(
    fc.property(situations, fc.boolean(), ({ candidates, wish }, isKnown) => {
      const count = candidates.length;
      const firsts = candidates.map((_, rank) => {
        const ranks = isKnown ? count : rank + 1;
        return spreadCandidates(candidates, { ...wish, rank, ranks, isReplacement: false })[0];
      });
      expect(new Set(firsts).size).toBe(count);
    }),
  );
});

test("a fallback is another rank's first choice only when no other candidate is left", () => {
  fc.assert(
    fc.property(situations, fc.integer({ min: 1, max: 12 }), ({ candidates, wish }, ranks) => {
      const orders = Array.from({ length: ranks }, (_, rank) =>
        spreadCandidates(candidates, { ...wish, rank, ranks, isReplacement: false }),
      );
      const firsts = new Set(orders.map(([first]) => first));
      for (const [, ...fallbacks] of orders) {
        const free = fallbacks.filter((position) => !firsts.has(position));
        expect(fallbacks.slice(0, free.length)).toEqual(free);
      }
    }),
  );
});

test("first choices come from as many providers as there are, none twice before all came once", () => {
  fc.assert(
    fc.property(situations, ({ candidates }) => {
      const wish = { avoidModelIds: [], avoidProviderIds: [], isReplacement: false };
      const providerAt = (rank: number) => {
        const [first = -1] = spreadCandidates(candidates, { ...wish, rank, ranks: rank + 1 });
        return candidates[first]?.providerId ?? "";
      };
      const left = new Map<string, number>();
      for (const { providerId } of candidates) left.set(providerId, (left.get(providerId) ?? 0) + 1);
      const uses = new Map([...left.keys()].map((providerId) => [providerId, 0]));
      let previous = "";
      for (const rank of candidates.keys()) {
        const provider = providerAt(rank);
        const open = [...left].flatMap(([providerId, count]) => (count > 0 ? [providerId] : []));
        const fewest = Math.min(...open.map((providerId) => uses.get(providerId) ?? 0));
        const turns = open.filter((providerId) => uses.get(providerId) === fewest);
        expect(turns).toContain(provider);
        if (turns.some((providerId) => providerId !== previous)) expect(provider).not.toBe(previous);
        uses.set(provider, (uses.get(provider) ?? 0) + 1);
        left.set(provider, (left.get(provider) ?? 0) - 1);
        previous = provider;
      }
    }),
  );
});

test("nobody to be avoided is a first choice while a rank could take another", () => {
  fc.assert(
    fc.property(situations, ({ candidates, wish }) => {
      const lateness = candidates.map(
        ({ modelId, providerId }) =>
          (wish.avoidModelIds.includes(modelId) ? 2 : 0) +
          (wish.avoidProviderIds.includes(providerId) ? 1 : 0),
      );
      const firsts = candidates.map(
        (_, rank) =>
          spreadCandidates(candidates, { ...wish, rank, ranks: rank + 1, isReplacement: false })[0] ?? -1,
      );
      const seen = firsts.map((position) => lateness[position] ?? -1);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    }),
  );
});
