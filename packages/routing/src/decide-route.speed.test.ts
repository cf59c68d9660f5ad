import type { RoutingPolicy } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { indexCatalogue } from "./catalogue-index.ts";
import { decideRoute } from "./decide-route.ts";
import {
  testCatalogue,
  testFeatures,
  testHealth,
  testModel,
  testInput,
  testProvider,
} from "./test-catalogue.ts";

const providers = Array.from({ length: 20 }, (_, n) => testProvider(`p${n}`));
const models = Array.from({ length: 1000 }, (_, n) =>
  testModel(`model-${n}`, {
    providerId: `p${n % 20}`,
    weight: (n * 7919) % 101,
    contextTokens: 8000 + ((n * 104_729) % 200_000),
    price: { inputPer1kUsd: ((n * 31) % 97) / 3000, outputPer1kUsd: ((n * 37) % 89) / 1000 },
  }),
);
const health = new Map(
  providers.map((provider, n) => [provider.id, testHealth({ latencyMs: 100 + n * 37, errorRate: n / 100 })]),
);

// The target is 200 microseconds; the bound leaves room for a busy shared machine.
test("S2-71, S3-67: 1,000 models at 20 providers are decided in under a millisecond, median of many", () => {
  const catalogue = indexCatalogue(testCatalogue({ providers, models }));
  const features = testFeatures({ stream: true, needs: ["tools"], estimatedInputTokens: 3000 });
  const decide = () => decideRoute({ ...testInput(testCatalogue()), catalogue, features, health });
  for (let run = 0; run < 500; run++) decide();
  const durationsMs = Array.from({ length: 500 }, () => {
    const startedAt = performance.now();
    decide();
    return performance.now() - startedAt;
  }).toSorted((a, b) => a - b);
  const outcome = decide();
  expect(outcome.kind === "decided" && outcome.decision.fallbacks.length).toBe(999);
  expect(durationsMs[250]).toBeLessThan(1);
});

test("S2-71: eight times the models take about eight times as long, and filters shorten the work", () => {
  const many = Array.from(
    { length: 4000 },
    (_, n) => ({ ...models[n % 1000], id: `model-${n}` }) as (typeof models)[0],
  );
  const fastest = (count: number, policy: Partial<RoutingPolicy> = {}): number => {
    const catalogue = indexCatalogue(testCatalogue({ providers, models: many.slice(0, count) }));
    const features = testFeatures({ estimatedInputTokens: 3000, policy });
    const input = { ...testInput(testCatalogue()), catalogue, features, health };
    let best = Infinity;
    for (let run = 0; run < 300; run++) {
      const startedAt = performance.now();
      decideRoute(input);
      best = Math.min(best, performance.now() - startedAt);
    }
    return best;
  };
  fastest(4000);
  const few = fastest(500);
  expect(fastest(4000)).toBeLessThan(few * 8 * 3);
  expect(fastest(4000, { minWeight: 1000 })).toBeLessThan(fastest(4000));
});
