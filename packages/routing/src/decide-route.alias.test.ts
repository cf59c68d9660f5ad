import type { AliasStickiness, RoutingPolicy } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { indexCatalogue } from "./catalogue-index.ts";
import { nextTurn } from "./next-turn.ts";
import {
  failedCandidate,
  fateOf,
  route,
  testAlias,
  testCatalogue,
  testFeatures,
  testHealth,
  testModel,
  testNowMs,
  testProvider,
  triedModels,
  type RouteChanges,
} from "./test-catalogue.ts";

const catalogueWith = (stickyBy: AliasStickiness, weights: readonly number[] = [1, 1, 1]) =>
  testCatalogue({
    providers: [testProvider("openai"), testProvider("other")],
    models: [
      testModel("a", { weight: 30 }),
      testModel("b", { weight: 20, providerId: "other" }),
      testModel("c", { weight: 10 }),
      testModel("outside", { weight: 99 }),
    ],
    aliases: [
      testAlias("mix", {
        models: [],
        stickyBy,
        variants: ["a", "b", "c"].map((modelId, at) => ({ modelId, weight: weights[at] ?? 1 })),
      }),
    ],
  });

function ask(
  catalogue: ReturnType<typeof catalogueWith>,
  { policy, ...changes }: RouteChanges & { policy?: Partial<RoutingPolicy> } = {},
) {
  const features = testFeatures({
    requestedModel: "mix",
    policy: { strategy: "highest_weight", ...policy },
  });
  return route(catalogue, { features, ...changes });
}
const requestIds = Array.from({ length: 60 }, (_, number) => `req_${number}`);

describe("an alias that is scored", () => {
  test("lets the strategy choose among its variants, whatever their weights in it", () => {
    const outcome = ask(catalogueWith("scored", [1, 1, 1000]));
    expect(triedModels(outcome)).toEqual(["a", "b", "c"]);
    expect(outcome).toMatchObject({ decision: { reason: "alias:mix", aliasId: "mix", explored: false } });
  });
});

describe("an alias that draws by request", () => {
  const catalogue = catalogueWith("request");

  test("has the drawn variant first and the others after it, best first", () => {
    const orders = new Set(
      requestIds.map((requestId) => triedModels(ask(catalogue, { requestId })).join(" ")),
    );
    expect([...orders].toSorted()).toEqual(["a b c", "b a c", "c a b"]);
  });

  test("draws the same for every round of a request, and passes over what has failed", () => {
    const requestId =
      requestIds.find((id) => triedModels(ask(catalogue, { requestId: id }))[0] === "c") ?? "";
    expect(triedModels(ask(catalogue, { requestId, excluded: [failedCandidate("a")] }))).toEqual(["c", "b"]);
    const outcome = ask(catalogue, { requestId, excluded: [failedCandidate("c")] });
    expect(triedModels(outcome)).toEqual(["a", "b"]);
    expect(outcome).toMatchObject({ decision: { aliasId: "mix", reason: "fallback after transient" } });
  });

  test("gives way to the others when the drawn variant does not fit, its breaker is open or it is on trial", () => {
    const drawsB = requestIds.find((id) => triedModels(ask(catalogue, { requestId: id }))[0] === "b") ?? "";
    const drawsC = requestIds.find((id) => triedModels(ask(catalogue, { requestId: id }))[0] === "c") ?? "";
    expect(triedModels(ask(catalogue, { requestId: drawsC, policy: { minWeight: 15 } }))).toEqual(["a", "b"]);
    const open = { other: testHealth({ breaker: "open", openedAtMs: testNowMs - 1 }) };
    expect(triedModels(ask(catalogue, { requestId: drawsB, health: open }))).toEqual(["a", "c"]);
    const due = { other: testHealth({ breaker: "open", openedAtMs: testNowMs - 40_000 }) };
    expect(triedModels(ask(catalogue, { requestId: drawsB, health: due }))).toEqual(["a", "c", "b"]);
  });

  test("says in the decision what was drawn", () => {
    const requestId =
      requestIds.find((id) => triedModels(ask(catalogue, { requestId: id }))[0] === "c") ?? "";
    expect(fateOf(ask(catalogue, { requestId }), "c")?.detail).toBe("drawn by the weights of the alias");
  });

  test("never explores: a draw is a choice already", () => {
    const random = () => 0;
    const outcome = ask(catalogue, { random, policy: { strategy: "thompson", explorationShare: 1 } });
    expect(outcome).toMatchObject({ decision: { explored: false } });
  });
});

describe("an alias that draws by key", () => {
  const catalogue = catalogueWith("api_key");
  const firstFor = (keyId: string | null, requestId = "req_1"): string | undefined =>
    triedModels(ask(catalogue, { keyId, requestId }))[0];

  test("keeps a key at its variant over all requests, and spreads the keys", () => {
    const keys = Array.from({ length: 40 }, (_, number) => `key_${number}`);
    for (const key of keys) {
      expect(new Set(requestIds.slice(0, 5).map((requestId) => firstFor(key, requestId))).size).toBe(1);
    }
    expect(new Set(keys.map((key) => firstFor(key)))).toEqual(new Set(["a", "b", "c"]));
  });

  test("draws by request for callers without a key", () => {
    expect(new Set(requestIds.map((requestId) => firstFor(null, requestId)))).toEqual(
      new Set(["a", "b", "c"]),
    );
  });
});

describe("an alias that takes turns", () => {
  test("asks for the next turn once per request, and not again after a failure", () => {
    const catalogue = catalogueWith("round_robin", [2, 1, 1]);
    let credits: readonly number[] = [];
    let turns = 0;
    const takeTurn: NonNullable<RouteChanges["takeTurn"]> = (alias) => {
      const turn = nextTurn(
        credits,
        alias.variants.map((variant) => variant.weight),
      );
      credits = turn.credits;
      turns += 1;
      return turn.position;
    };
    const firsts = Array.from({ length: 8 }, () => triedModels(ask(catalogue, { takeTurn }))[0]);
    expect(firsts.join("")).toBe("abcaabca");
    ask(catalogue, { takeTurn, excluded: [failedCandidate("a")] });
    expect(turns).toBe(8);
  });

  test("starts with its first turn where nobody keeps the turns, as in a what-if", () => {
    expect(triedModels(ask(catalogueWith("round_robin", [1, 5, 1])))[0]).toBe("b");
  });
});

describe("the variants of an alias", () => {
  test("are the models of the catalogue only: never an unknown id, never the alias itself; doubles add up", () => {
    const variants = [
      { modelId: "loop", weight: 5 },
      { modelId: "gone", weight: 5 },
      { modelId: "b", weight: 1 },
      { modelId: "a", weight: 1 },
      { modelId: "b", weight: 2 },
    ];
    const catalogue = testCatalogue({
      models: [testModel("a"), testModel("b")],
      aliases: [testAlias("loop", { models: [], variants }), testAlias("other", { models: ["loop"] })],
    });
    const { aliases } = indexCatalogue(catalogue);
    expect(aliases.get("loop")?.variants.map(({ entry, weight }) => [entry.model.id, weight])).toEqual([
      ["a", 1],
      ["b", 3],
    ]);
    expect(aliases.get("other")?.variants).toEqual([]);
  });

  test("that are all unknown are refused with the alias's name", () => {
    const catalogue = testCatalogue({
      models: [testModel("a")],
      aliases: [testAlias("empty", { models: ["gone"] })],
    });
    const outcome = route(catalogue, { features: testFeatures({ requestedModel: "empty" }) });
    expect(outcome).toMatchObject({
      kind: "refused",
      failure: {
        code: "no_eligible_model",
        message: expect.stringContaining("Alias empty stands for no model of the catalogue."),
      },
    });
  });
});

describe("a disabled alias", () => {
  test("does not exist: its name is unknown unless something else answers to it", () => {
    const models = [testModel("a"), testModel("vendor/quick")];
    const aliases = [
      testAlias("fast", { models: ["a"], enabled: false }),
      testAlias("quick", { models: ["a"], enabled: false }),
    ];
    const by = (requestedModel: string) =>
      route(testCatalogue({ models, aliases }), { features: testFeatures({ requestedModel }) });
    expect(by("fast")).toMatchObject({ kind: "refused", failure: { code: "model_not_found" } });
    expect(triedModels(by("quick"))).toEqual(["vendor/quick"]);
  });
});

test("an alias called * or auto replaces the open choice of requests that say so, and its fallbacks stay inside", () => {
  const catalogue = testCatalogue({
    models: [testModel("a"), testModel("b")],
    aliases: [testAlias("*", { models: ["b"] }), testAlias("auto", { models: ["a"] })],
  });
  const by = (requestedModel: string) =>
    triedModels(
      route(catalogue, { features: testFeatures({ requestedModel, policy: { allowFallback: true } }) }),
    );
  expect([by("*"), by("auto")]).toEqual([["b"], ["a"]]);
});
