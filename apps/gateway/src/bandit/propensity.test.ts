import type { Catalogue, RoutingDecision } from "@tokenhub/contracts";
import { indexArms, indexCatalogue, noArms } from "@tokenhub/routing";
import { describe, expect, test } from "vitest";
import { buildAttempt, buildFact, buildFailure } from "../recorder/build-fact.fixture.ts";
import { createPropensities, type PropensityOptions } from "./propensity.ts";

const empty: Catalogue = { v: 1, version: 1, providers: [], models: [], aliases: [] };

function propensityOf(options: Partial<PropensityOptions> = {}) {
  let seed = 1;
  return createPropensities({
    arms: () => noArms,
    catalogue: () => indexCatalogue(empty),
    explorationShare: () => 0.2,
    explorationTemperature: () => 0,
    random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647,
    ...options,
  });
}

function decided(change: Partial<RoutingDecision>, attempts = [buildAttempt()]) {
  const fact = buildFact(1, { result: { attempts } });
  const { decision } = fact.result;
  return {
    ...fact,
    result: { ...fact.result, decision: decision === null ? null : { ...decision, ...change } },
  };
}

describe("S1d-30: the probability of a logged choice", () => {
  test("is 1 where no chance was involved", () => {
    expect(propensityOf()(decided({ strategy: "highest_weight" }))).toBe(1);
    expect(propensityOf()(decided({ strategy: "objective" }))).toBe(1);
  });

  test("is 1 for a model that the request named, whatever the strategy", () => {
    expect(propensityOf()({ ...decided({ strategy: "thompson" }), requestedModel: "gpt" })).toBe(1);
  });

  test("under a temperature is the share of the rank", () => {
    const shareOf = propensityOf({ explorationTemperature: () => 1 });
    expect(shareOf(decided({}))).toBeCloseTo(1 / (1 + Math.exp(-1)), 9);
    expect(shareOf(decided({}, [buildAttempt({ modelId: "claude" })]))).toBeCloseTo(
      Math.exp(-1) / (1 + Math.exp(-1)),
      9,
    );
  });

  test("of thompson is what the best keeps and what its share of the trials adds, and the shares sum to 1", () => {
    const arm = (modelId: string, alpha: number, beta: number) =>
      ({ modelId, tokenBucket: "small", alpha, beta, updatedAtMs: 0 }) as const;
    const arms = indexArms({ arms: [arm("gpt", 90, 10), arm("claude", 10, 90)] });
    const shareOf = propensityOf({ arms: () => arms });
    const best = shareOf(decided({ strategy: "thompson" })) ?? 0;
    const other = shareOf(decided({ strategy: "thompson" }, [buildAttempt({ modelId: "claude" })])) ?? 0;
    expect(best).toBeGreaterThan(0.95);
    expect(best + other).toBeCloseTo(1, 9);
  });

  test("of thompson is worked out once for like requests under the same arms", () => {
    let draws = 0;
    let arms = indexArms({ arms: [] });
    const shareOf = propensityOf({
      arms: () => arms,
      random: () => {
        draws += 1;
        return 0.5;
      },
    });
    shareOf(decided({ strategy: "thompson" }));
    const once = draws;
    shareOf(decided({ strategy: "thompson" }));
    expect([once > 0, draws]).toEqual([true, once]);
    arms = indexArms({ arms: [] });
    shareOf(decided({ strategy: "thompson" }));
    expect(draws).toBeGreaterThan(once);
  });

  test("of a request that went on counts its first choice among those that were there then", () => {
    const failed = buildAttempt({ modelId: "claude", providerId: "anthropic", failure: buildFailure() });
    const considered = (decided({}).result.decision?.considered ?? []).map((candidate) =>
      candidate.modelId === "claude"
        ? { ...candidate, outcome: "skipped" as const, skipReason: "already_failed" as const }
        : candidate,
    );
    const fact = decided({ considered }, [failed, buildAttempt({ round: 1 })]);
    expect(propensityOf({ explorationTemperature: () => 1 })(fact)).toBeGreaterThan(0.2);
  });

  test("of an alias that draws is the variant's share, as long as every variant could be drawn", () => {
    const model = (id: string) => ({
      id,
      providerId: "p",
      upstreamName: id,
      enabled: true,
      weight: 1,
      contextTokens: 0,
      maxOutputTokens: null,
      price: null,
      priceSource: null,
      contextSource: null,
      capabilities: null,
      expectedLatencyMs: null,
      toolNameMap: {},
      gemma4Output: false,
    });
    const alias = (stickyBy: "request" | "scored", third: string[] = []) =>
      indexCatalogue({
        ...empty,
        models: ["gpt", "claude", ...third].map(model),
        aliases: [
          {
            id: "canary",
            enabled: true,
            stickyBy,
            variants: [
              { modelId: "gpt", weight: 95 },
              { modelId: "claude", weight: 5 },
              ...third.map((modelId) => ({ modelId, weight: 100 })),
            ],
          },
        ],
      });
    const drawn = { ...decided({ aliasId: "canary" }), requestedModel: "canary" };
    expect(propensityOf({ catalogue: () => alias("request") })(drawn)).toBe(0.95);
    expect(propensityOf({ catalogue: () => alias("scored") })(drawn)).toBe(1);
    // The third variant was out, and its share fell to the others.
    expect(propensityOf({ catalogue: () => alias("request", ["third"]) })(drawn)).toBeNull();
  });

  test("is not told where the record does not say it", () => {
    expect(propensityOf()(buildFact(1, { result: { decision: null } }))).toBeNull();
    expect(propensityOf()(decided({}, []))).toBeNull();
    expect(propensityOf()(decided({}, [buildAttempt({ modelId: "gone" })]))).toBeNull();
    expect(propensityOf()({ ...decided({ aliasId: "gone" }), requestedModel: "gone" })).toBeNull();
  });
});
