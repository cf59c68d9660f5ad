import {
  aliasStickinessSchema,
  routingModeSchema,
  routingPolicySchema,
  skipReasonSchema,
  strategySchema,
  tokenBucketSchema,
  type AliasStickiness,
  type BanditArm,
  type Catalogue,
  type FailureClass,
  type RoutingPolicy,
  type SkipReason,
  type TokenBucket,
} from "@tokenhub/contracts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { indexArms } from "./bandit/arm-index.ts";
import { learnArms } from "./bandit/learn-arms.ts";
import { replayIps } from "./bandit/replay.ts";
import { rewardOf } from "./bandit/reward.ts";
import { tokenBucketOf } from "./bandit/token-bucket.ts";
import { decayArm } from "./bandit/update-arm.ts";
import { neededTokens } from "./context-fit.ts";
import { estimateCostUsd, expectedOutputTokens } from "./estimate-cost.ts";
import { objectiveWeights } from "./score-objective.ts";
import { softmaxShares } from "./softmax-shares.ts";
import { strategies } from "./strategies/strategies.ts";
import {
  failedCandidate,
  fateOf,
  route,
  singlePrice,
  testAlias,
  testCatalogue,
  testFeatures,
  testModel,
  testProvider,
  triedModels,
  type RouteChanges,
} from "./test-catalogue.ts";
import { skipReasonOf, verdict, verdictCount } from "./verdict.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const routing = read("docs/ROUTING.md");
const learning = read("docs/RL_ROUTER.md");

/** Rows of the table whose head starts with the given cells; without the marks of code. */
function tableOf(page: string, ...head: readonly string[]): string[][] {
  const cells = (line: string): string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", ""));
  const lines = page.split("\n");
  const start = lines.findIndex(
    (line) => line.startsWith("|") && head.every((name, at) => cells(line)[at] === name),
  );
  expect(start, `the table ${head.join(", ")}`).toBeGreaterThanOrEqual(0);
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"));
  return lines.slice(start + 2, start + length).map(cells);
}
const numberOf = (cell: string | undefined): number => Number(cell ?? "");
const optionalNumber = (cell: string | undefined): number | null =>
  cell === "-" || cell === "unknown" ? null : numberOf(cell);

interface ExampleModel {
  readonly provider?: string;
  readonly weight: number;
  readonly price?: number | null;
  readonly context?: number;
  readonly latencyMs?: number;
}

/** One example of the documents: a small catalogue, a question, and what comes of it. */
interface Example {
  readonly models: Record<string, ExampleModel>;
  readonly aliases?: Record<string, { stickyBy: AliasStickiness; variants: Record<string, number> }>;
  readonly arms?: Record<string, Partial<Record<TokenBucket, [alpha: number, beta: number]>>>;
  readonly request: {
    readonly model?: string;
    readonly tokens?: number;
    readonly maxTokens?: number;
    readonly policy?: Partial<RoutingPolicy>;
  };
  readonly failed?: { readonly model: string; readonly class: FailureClass; readonly context?: number }[];
  readonly random?: number[];
  readonly tried?: string[];
  readonly scores?: Record<string, number>;
  readonly skipped?: Partial<Record<SkipReason, number>>;
  readonly shares?: Record<string, number>;
  readonly explored?: boolean;
  readonly reason?: string;
}
const exampleMembers: readonly (keyof Example)[] = [
  "models",
  "aliases",
  "arms",
  "request",
  "failed",
  "random",
  "tried",
  "scores",
  "skipped",
  "shares",
  "explored",
  "reason",
];

function examplesOf(page: string): [string, Example][] {
  return [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = ""]) => {
    const before = page.slice(0, page.indexOf(text));
    const heading = [...before.matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? "";
    return [heading, JSON.parse(text) as Example];
  });
}

function catalogueOf(example: Example): Catalogue {
  const models = Object.entries(example.models);
  const providerIds = new Set(models.map(([, model]) => model.provider ?? "openai"));
  return testCatalogue({
    providers: [...providerIds].map((id) => testProvider(id)),
    models: models.map(([id, { provider = "openai", weight, price = 0.01, context = 8192, latencyMs }]) =>
      testModel(id, {
        providerId: provider,
        weight,
        price: price === null ? null : singlePrice(price),
        contextTokens: context,
        expectedLatencyMs: latencyMs ?? null,
      }),
    ),
    aliases: Object.entries(example.aliases ?? {}).map(([id, { stickyBy, variants }]) =>
      testAlias(id, {
        models: [],
        stickyBy,
        variants: Object.entries(variants).map(([modelId, weight]) => ({ modelId, weight })),
      }),
    ),
  });
}

function armsOf(example: Example): BanditArm[] {
  return Object.entries(example.arms ?? {}).flatMap(([modelId, buckets]) =>
    Object.entries(buckets).map(([bucket, [alpha, beta]]) => ({
      modelId,
      tokenBucket: tokenBucketSchema.parse(bucket),
      alpha,
      beta,
      updatedAtMs: 0,
    })),
  );
}

function ask(example: Example, changes: RouteChanges = {}) {
  const { request, failed = [], random } = example;
  const numbers = [...(random ?? [])];
  const features = testFeatures({
    requestedModel: request.model ?? null,
    estimatedInputTokens: request.tokens ?? 100,
    maxOutputTokens: request.maxTokens ?? null,
    policy: request.policy ?? {},
  });
  const excluded = failed.map(({ model, class: failureClass, context }) =>
    failedCandidate(model, {
      failureClass,
      overflowedContextTokens: context ?? null,
      providerId: example.models[model]?.provider ?? "openai",
    }),
  );
  const draw = (): number => {
    const next = numbers.shift();
    if (next === undefined) throw new Error("the example gives too few random numbers");
    return next;
  };
  return route(catalogueOf(example), {
    features,
    excluded,
    arms: indexArms({ arms: armsOf(example) }),
    ...(random === undefined ? {} : { random: draw }),
    ...changes,
  });
}

describe.each([
  ["S1-50: docs/ROUTING.md", routing, 9],
  ["S1-52: docs/RL_ROUTER.md", learning, 3],
])("%s", (title, page, count) => {
  const examples = examplesOf(page);

  test(`${title} has examples, written as this test understands them`, () => {
    const policyFields = Object.keys(routingPolicySchema.shape);
    for (const [, example] of examples) {
      expect(exampleMembers).toEqual(expect.arrayContaining(Object.keys(example)));
      expect(policyFields).toEqual(expect.arrayContaining(Object.keys(example.request.policy ?? {})));
    }
    expect(examples.length).toBeGreaterThanOrEqual(count);
  });

  test.each(examples)(`${title}: the example under "%s" is true`, (_heading, example) => {
    const outcome = ask(example);
    if (example.tried !== undefined) expect(triedModels(outcome)).toEqual(example.tried);
    for (const [id, score] of Object.entries(example.scores ?? {})) {
      expect(fateOf(outcome, id)?.score, id).toBeCloseTo(score, 9);
    }
    const decision = outcome.kind === "decided" ? outcome.decision : null;
    if (example.skipped !== undefined) {
      expect(outcome.kind === "decided" ? outcome.decision.skippedByReason : outcome.skippedByReason).toEqual(
        example.skipped,
      );
    }
    if (example.explored !== undefined) expect(decision?.explored).toBe(example.explored);
    if (example.reason !== undefined) expect(decision?.reason).toBe(example.reason);
    const keys = Array.from({ length: 2_000 }, (_, number) => `key_${number}`);
    for (const [id, share] of Object.entries(example.shares ?? {})) {
      const drawn = keys.filter((keyId) => triedModels(ask(example, { keyId }))[0] === id).length;
      expect(Math.abs(drawn / keys.length - share), id).toBeLessThan(0.02);
    }
  });

  test(`${title} links only to pages and headings that exist`, () => {
    const anchorsOf = (text: string): string[] =>
      [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading.toLowerCase().replaceAll(" ", "-"));
    const broken = [...page.matchAll(/\]\(([A-Z_a-z/.]*)#?([a-z-]*)\)/g)].filter(
      ([, file = "", anchor = ""]) => {
        const target = file === "" ? page : read(`docs/${file}`);
        return anchor !== "" && !anchorsOf(target).includes(anchor);
      },
    );
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

describe("S1-50: the tables of docs/ROUTING.md", () => {
  test("S1-50: list every reason for a skip, in the order in which it is looked for", () => {
    const listed = tableOf(routing, "reason").map(([reason]) => reason);
    const found = Array.from({ length: verdictCount }, (_, at) => at).filter(
      (at) => at !== verdict.coolingDown,
    );
    const checked = [...found, verdict.coolingDown].flatMap((at) => skipReasonOf(at) ?? []);
    expect(listed).toEqual([...new Set(checked)]);
    expect(new Set(listed)).toEqual(new Set(skipReasonSchema.options));
  });

  test("S1-50, S2-18, S2-19, S2-20, S2-21: list every field of the policy, with wishes that the gateway knows", () => {
    const rows = tableOf(routing, "policy", "wish");
    expect(rows.map(([field]) => field)).toEqual(Object.keys(routingPolicySchema.shape));
    const gateway = read("apps/gateway/src/admission/routing-wishes.ts");
    const wishesOfCallers = rows.flatMap(([, wishes = ""]) => (wishes === "" ? [] : wishes.split(", ")));
    for (const wish of wishesOfCallers) {
      expect(gateway, wish).toMatch(new RegExp(`^\\s*${wish}:`, "m"));
    }
  });

  test("S1-50: list every strategy with its direction and what follows a failure", () => {
    const rows = tableOf(routing, "strategy", "score");
    expect(rows.map(([name]) => name)).toEqual(strategySchema.options);
    for (const [name, , direction, afterFailure] of rows) {
      const strategy = strategies[strategySchema.parse(name)];
      expect([direction, afterFailure]).toEqual([
        strategy.lowerIsBetter ? "lower" : "higher",
        strategy.afterFailure,
      ]);
    }
  });

  test("S1-50, S1d-9: give the weights of every mode", () => {
    const rows = tableOf(routing, "mode", "cost");
    expect(new Set(rows.map(([mode]) => mode))).toEqual(new Set(routingModeSchema.options));
    for (const [mode, cost, latency, failure, weight] of rows) {
      expect(objectiveWeights[routingModeSchema.parse(mode)]).toEqual({
        cost: numberOf(cost),
        latency: numberOf(latency),
        failure: numberOf(failure),
        weight: numberOf(weight),
      });
    }
  });

  test("S1-50: list every way an alias draws", () => {
    expect(tableOf(routing, "stickyBy").map(([name]) => name)).toEqual(aliasStickinessSchema.options);
  });

  test("S1-50, S1d-12: A estimate and C headroom calculate contexts as the code does", () => {
    for (const [input, maxTokens, needs] of tableOf(routing, "input", "max_tokens", "needs")) {
      const demand = { inputTokens: numberOf(input), maxOutputTokens: optionalNumber(maxTokens) };
      expect(neededTokens(demand)).toBe(numberOf(needs));
    }
  });

  test("S1-50: C cost: calculate costs as the code does", () => {
    for (const [input, maxTokens, inputPrice, outputPrice, usd] of tableOf(
      routing,
      "input",
      "max_tokens",
      "input price",
    )) {
      const maxOutputTokens = optionalNumber(maxTokens);
      const outputTokens = expectedOutputTokens({ operation: "chat", maxOutputTokens });
      const price = { inputPer1kUsd: numberOf(inputPrice), outputPer1kUsd: numberOf(outputPrice) };
      expect(estimateCostUsd(price, { inputTokens: numberOf(input), outputTokens })).toBeCloseTo(
        numberOf(usd),
        9,
      );
    }
    expect(routing).toContain(`${((softmaxShares(3, 0.3)[0] ?? 0) * 100).toFixed(1)} %`);
  });
});

describe("S1-52: the tables of docs/RL_ROUTER.md", () => {
  test("S1-52: token buckets: give the size classes", () => {
    for (const [tokens, bucket] of tableOf(learning, "tokens", "class")) {
      expect(tokenBucketOf(numberOf(tokens))).toBe(bucket);
    }
  });

  test("S1-52: reward: calculate rewards as the code does", () => {
    for (const [cost, latency, budget, quality, reward] of tableOf(learning, "cost USD", "latency ms")) {
      const measures = {
        costUsd: optionalNumber(cost),
        latencyMs: numberOf(latency),
        latencyBudgetMs: optionalNumber(budget),
        quality: numberOf(quality),
      };
      expect(rewardOf(measures)).toBeCloseTo(numberOf(reward), 9);
    }
  });

  test("S1-52: Beta update: calculate beliefs as the code does", () => {
    for (const [rewards = "", alpha, beta] of tableOf(learning, "rewards", "alpha")) {
      const list = rewards === "none" ? [] : rewards.split(" ").map(Number);
      const records = list.map((reward) => ({
        modelId: "m",
        tokenBucket: "small" as const,
        reward,
        atMs: 0,
      }));
      const [arm] = learnArms(records, { known: [], nowMs: 0, halfLifeMs: Infinity }).arms;
      expect([arm?.alpha ?? 1, arm?.beta ?? 1]).toEqual([numberOf(alpha), numberOf(beta)]);
    }
    const arm = { modelId: "m", tokenBucket: "small", alpha: 9, beta: 5, updatedAtMs: 0 } as const;
    expect(decayArm(arm, { nowMs: 60, halfLifeMs: 60 })).toMatchObject({ alpha: 5, beta: 3 });
  });

  test("S1-52, S1d-30: calculate the replay as the code does", () => {
    const rows = tableOf(learning, "chosen", "reward").map(([chosen = "", reward, weight]) => ({
      row: { context: null, candidates: ["a", "b"], chosen, propensity: 0.5, reward: numberOf(reward) },
      weight: numberOf(weight),
    }));
    const alwaysA = () => new Map([["a", 1]]);
    for (const { row, weight } of rows) {
      expect(replayIps([row], alwaysA).value).toBeCloseTo(weight * row.reward, 9);
    }
    expect(
      replayIps(
        rows.map(({ row }) => row),
        alwaysA,
      ).value,
    ).toBeCloseTo(0.7, 9);
  });
});
