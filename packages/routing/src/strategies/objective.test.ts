import { describe, expect, test } from "vitest";
import { seededRandom } from "../seeded-random.ts";
import { softmaxShares } from "../softmax-shares.ts";
import { route, sampleOfB, testFeatures, triedModels } from "../test-catalogue.ts";

describe("strategy objective under a temperature", () => {
  const best = triedModels(route(sampleOfB));

  test("is off by default: no random number is drawn", () => {
    expect(
      triedModels(route(sampleOfB, { features: testFeatures({ policy: { explorationTemperature: 0 } }) })),
    ).toEqual(best);
  });

  test("takes each rank as often as its softmax share, marks the trials and keeps the others in order", () => {
    const random = seededRandom(1);
    const draws = 4_000;
    const counts = best.map(() => 0);
    for (let draw = 0; draw < draws; draw++) {
      const outcome = route(sampleOfB, {
        random,
        features: testFeatures({ policy: { explorationTemperature: 1 } }),
      });
      const tried = triedModels(outcome);
      const rank = best.indexOf(tried[0] ?? "");
      counts[rank] = (counts[rank] ?? 0) + 1;
      expect(tried.slice(1)).toEqual(best.filter((id) => id !== tried[0]));
      expect(outcome).toMatchObject({ decision: { explored: rank > 0 } });
    }
    for (const [rank, share] of softmaxShares(best.length, 1).entries()) {
      expect(Math.abs((counts[rank] ?? 0) / draws - share)).toBeLessThan(0.03);
    }
  });

  test("a request may forbid it", () => {
    const features = testFeatures({ policy: { allowExploration: false, explorationTemperature: 9 } });
    expect(triedModels(route(sampleOfB, { features }))).toEqual(best);
  });
});
