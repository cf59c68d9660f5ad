import { describe, expect, test } from "vitest";
import {
  failedCandidate,
  fateOf,
  route,
  testCatalogue,
  testFeatures,
  testHealth,
  testModel,
  testNowMs,
  testProvider,
  triedModels,
} from "./test-catalogue.ts";

const catalogue = testCatalogue({
  providers: [testProvider("p"), testProvider("q"), testProvider("r")],
  models: [
    testModel("p1", { providerId: "p", weight: 30 }),
    testModel("q1", { providerId: "q", weight: 20 }),
    testModel("r1", { providerId: "r", weight: 10 }),
  ],
});
const openedAgo = (ms: number) => testHealth({ breaker: "open", openedAtMs: testNowMs - ms });
const pausedFor = (ms: number) => testHealth({ cooldownUntilMs: testNowMs + ms });

describe("an open breaker", () => {
  test("S3-93: takes the provider out for 30 seconds", () => {
    const outcome = route(catalogue, { health: { p: openedAgo(29_999) } });
    expect(triedModels(outcome)).toEqual(["q1", "r1"]);
    expect(fateOf(outcome, "p1")).toMatchObject({
      skipReason: "breaker_open",
      detail: "provider p keeps failing, its breaker is open for another 1 s",
    });
  });

  test("S3-93: admits a trial after 30 seconds, placed last", () => {
    for (const breaker of ["open", "half_open"] as const) {
      const outcome = route(catalogue, { health: { p: { ...openedAgo(30_000), breaker } } });
      expect(triedModels(outcome)).toEqual(["q1", "r1", "p1"]);
      expect(fateOf(outcome, "p1")?.detail).toBe("its provider was failing; this is the trial call");
    }
  });

  test("a named model keeps its first place for the trial", () => {
    const features = testFeatures({ requestedModel: "p1", policy: { allowFallback: true } });
    expect(triedModels(route(catalogue, { features, health: { p: openedAgo(30_000) } }))).toEqual([
      "p1",
      "q1",
      "r1",
    ]);
  });

  test("of every provider refuses the request and says when the first one returns", () => {
    const health = { p: openedAgo(10_000), q: openedAgo(25_500), r: openedAgo(1) };
    expect(route(catalogue, { health })).toMatchObject({
      kind: "refused",
      failure: {
        class: "transient",
        code: "provider_unavailable",
        retryAfterMs: 4_500,
        message: expect.stringContaining("Retry in 5 s."),
      },
      skippedByReason: { breaker_open: 3 },
    });
  });

  test("of a provider that also asked for a pause returns after the later of the two", () => {
    const features = testFeatures({ requestedModel: "p1" });
    const health = { p: { ...openedAgo(29_000), cooldownUntilMs: testNowMs + 7_000 } };
    expect(route(catalogue, { features, health })).toMatchObject({ failure: { retryAfterMs: 7_000 } });
  });

  test("is the better story than other models that do not fit", () => {
    const features = testFeatures({ policy: { minWeight: 25 } });
    expect(route(catalogue, { features, health: { p: openedAgo(0) } })).toMatchObject({
      failure: { code: "provider_unavailable", retryAfterMs: 30_000 },
    });
  });
});

describe("a provider that asked for a pause", () => {
  test("S1d-7: is left alone while another candidate is left", () => {
    const outcome = route(catalogue, { health: { p: pausedFor(2_500) } });
    expect(triedModels(outcome)).toEqual(["q1", "r1"]);
    expect(fateOf(outcome, "p1")).toMatchObject({
      skipReason: "provider_cooling_down",
      detail: "provider p asked for a pause of another 3 s",
    });
  });

  test("is called when nothing else is left, with all its models in order", () => {
    const health = { p: pausedFor(2_500), q: pausedFor(9_000), r: openedAgo(0) };
    const outcome = route(catalogue, { health });
    expect(triedModels(outcome)).toEqual(["p1", "q1"]);
    expect(outcome).toMatchObject({ decision: { skippedByReason: { breaker_open: 1 } } });
    expect(fateOf(outcome, "p1")?.detail).toBe(
      "its provider asked for a pause, but no other candidate is left",
    );
  });

  test("is called when a strict request names its model", () => {
    const features = testFeatures({ requestedModel: "p1" });
    expect(triedModels(route(catalogue, { features, health: { p: pausedFor(2_500) } }))).toEqual(["p1"]);
  });

  test("gives way to the fallbacks of a request that names its model", () => {
    const features = testFeatures({ requestedModel: "p1", policy: { allowFallback: true } });
    const outcome = route(catalogue, { features, health: { p: pausedFor(2_500) } });
    expect(triedModels(outcome)).toEqual(["q1", "r1"]);
    expect(outcome).toMatchObject({ decision: { reason: "fallback after provider_cooling_down" } });
  });

  test("is never called as a last resort against a limit", () => {
    const features = testFeatures({ policy: { minWeight: 25 } });
    const health = { p: pausedFor(1_000), q: pausedFor(1_000), r: pausedFor(1_000) };
    expect(triedModels(route(catalogue, { features, health }))).toEqual(["p1"]);
  });

  test("is free again when the pause is over", () => {
    expect(triedModels(route(catalogue, { health: { p: pausedFor(0) } }))[0]).toBe("p1");
  });

  test("is not the last resort for a model that has already failed", () => {
    const excluded = [failedCandidate("p1", { providerId: "p", failureClass: "rate_limited" })];
    const outcome = route(catalogue, {
      excluded,
      health: { p: pausedFor(5_000), q: pausedFor(1_000), r: openedAgo(0) },
    });
    expect(triedModels(outcome)).toEqual(["q1"]);
    expect(fateOf(outcome, "p1")?.skipReason).toBe("already_failed");
  });
});
