import type { ProviderHealth } from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indexCatalogue } from "./catalogue-index.ts";
import { createDecisionCache } from "./decision-cache.ts";
import { decideRoute, type RoutingInput } from "./decide-route.ts";
import { seededRandom } from "./seeded-random.ts";
import {
  failedCandidate,
  sampleOfB,
  testAlias,
  testFeatures,
  testHealth,
  testInput,
  testNowMs,
} from "./test-catalogue.ts";
import { questionOf, situations } from "./test-situations.ts";

describe("a remembered decision", () => {
  const input = testInput(sampleOfB);

  test("S2-72: is given again for the same question, whoever asks in whatever format", () => {
    const cache = createDecisionCache({ limit: 4 });
    const first = cache.decide(input);
    const features = testFeatures({ wireFormat: "anthropic-messages" });
    expect(cache.decide({ ...input, features, requestId: "req_other", keyId: "key_other" })).toBe(first);
    expect(first).toEqual(decideRoute(input));
  });

  test("S2-72: is dropped when the catalogue or the health changes", () => {
    const cache = createDecisionCache({ limit: 4 });
    const first = cache.decide(input);
    const reloaded = { ...input, catalogue: indexCatalogue(sampleOfB) };
    const second = cache.decide(reloaded);
    expect(second).not.toBe(first);
    const slower = new Map([["openai", testHealth({ latencyMs: 5000 })]]);
    expect(cache.decide({ ...reloaded, health: slower })).not.toBe(second);
    expect(cache.size()).toBe(1);
  });

  test("S2-72: gives way when more than the limit are kept, the one used longest ago first", () => {
    const cache = createDecisionCache({ limit: 2 });
    const asked = (estimatedInputTokens: number) =>
      cache.decide({ ...input, features: testFeatures({ estimatedInputTokens }) });
    const [one, two] = [asked(1), asked(2)];
    expect(asked(1)).toBe(one);
    asked(3);
    expect(cache.size()).toBe(2);
    expect(asked(1)).toBe(one);
    expect(asked(2)).not.toBe(two);
  });

  const aliases = [testAlias("drawn", { models: ["gpt-4", "claude-2"], stickyBy: "request" })];
  const health = (changes: Partial<ProviderHealth>) => new Map([["openai", testHealth(changes)]]);
  test.each<[string, Partial<RoutingInput>]>([
    ["after a failure", { excluded: [failedCandidate("gpt-4")] }],
    ["under thompson", { features: testFeatures({ policy: { strategy: "thompson" } }), random: () => 0.9 }],
    [
      "under a temperature",
      { features: testFeatures({ policy: { explorationTemperature: 0.3 } }), random: () => 0 },
    ],
    [
      "of an alias that draws",
      {
        catalogue: indexCatalogue({ ...sampleOfB, aliases }),
        features: testFeatures({ requestedModel: "drawn" }),
      },
    ],
    ["while a breaker is open", { health: health({ breaker: "open", openedAtMs: testNowMs }) }],
    ["while a provider pauses", { health: health({ cooldownUntilMs: testNowMs + 1 }) }],
    [
      "of an unknown name",
      {
        catalogue: indexCatalogue({ ...sampleOfB, aliases }),
        features: testFeatures({ requestedModel: "nobody" }),
      },
    ],
  ])("is never kept %s", (_when, changes) => {
    const cache = createDecisionCache({ limit: 4 });
    cache.decide({ ...input, ...changes });
    expect(cache.size()).toBe(0);
  });

  test("cannot be changed by the one who asked for it", () => {
    const outcome = createDecisionCache({ limit: 4 }).decide(input);
    if (outcome.kind === "refused") throw new Error("refused");
    expect(() => outcome.decision.fallbacks.pop()).toThrow(TypeError);
    expect(() => Object.assign(outcome.decision, { explored: true })).toThrow(TypeError);
  });
});

test("S2-72: with the cache every decision is what it is without, over changing catalogues, healths and times", () => {
  fc.assert(
    fc.property(
      fc.array(situations, { minLength: 2, maxLength: 3 }),
      fc.array(fc.record({ at: fc.nat(2), world: fc.nat(2), laterMs: fc.constantFrom(0, 1, 10_000) }), {
        maxLength: 12,
      }),
      (list, questions) => {
        const cache = createDecisionCache({ limit: 2 });
        const inputs = list.map((situation) => testInput(situation.catalogue, questionOf(situation)));
        for (const { at, world, laterMs } of questions) {
          const { seed = 0 } = list[at % list.length] ?? {};
          const asked = inputs[at % inputs.length];
          const seen = inputs[world % inputs.length];
          if (asked === undefined || seen === undefined) continue;
          const question = () => ({
            ...asked,
            catalogue: seen.catalogue,
            health: seen.health,
            nowMs: testNowMs + laterMs,
            random: seededRandom(seed),
          });
          expect(cache.decide(question())).toEqual(decideRoute(question()));
        }
      },
    ),
    { numRuns: 200 },
  );
});
