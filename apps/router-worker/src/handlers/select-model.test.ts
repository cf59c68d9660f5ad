import {
  requestResultSchema,
  routingPolicySchema,
  type BanditSnapshot,
  type CallAttempt,
  type CallJob,
  type Catalogue,
  type ExcludedCandidate,
  type OrchestrateJob,
  type RouteJob,
  type RoutingPolicy,
} from "@tokenhub/contracts";
import { createDecisionCache, indexArms, indexCatalogue } from "@tokenhub/routing";
import { describe, expect, it } from "vitest";
import { createAliasTurns } from "../alias-turns.ts";
import { endRequest, failures } from "../end-request.ts";
import { buildCatalogue, buildModel } from "../testing/build-catalogue.ts";
import { createSelectModel, type SelectModelDeps } from "./select-model.ts";

const nowMs = 1_000_000;

const twoModels = buildCatalogue({
  models: [buildModel("heavy", { weight: 90 }), buildModel("light", { weight: 10 })],
});

function jobOf(
  changes: Partial<Omit<RouteJob, "features">> & {
    model?: string | null;
    policy?: Partial<RoutingPolicy>;
    tokens?: number;
  } = {},
): RouteJob {
  const { model = null, policy, tokens = 100, ...rest } = changes;
  return {
    v: 1,
    requestId: "req_0000000000000001",
    tenantId: "tenant",
    projectId: null,
    keyId: null,
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: nowMs - 10,
    deadlineAtMs: nowMs + 60_000,
    replyTo: null,
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: model,
      estimatedInputTokens: tokens,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: null,
      policy: routingPolicySchema.parse({ strategy: "highest_weight", ...policy }),
    },
    formatHeaders: {},
    round: 0,
    excluded: [],
    attempts: [],
    lastDecision: null,
    ...rest,
  };
}

const attemptAt = (modelId: string, message: string): CallAttempt => ({
  modelId,
  providerId: "up",
  round: 0,
  startedAtMs: nowMs,
  durationMs: 5,
  called: true,
  failure: {
    class: "fatal",
    code: "provider_error",
    message,
    providerStatus: 500,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  },
});
const excludedOf = (modelId: string): ExcludedCandidate => ({
  modelId,
  providerId: "up",
  failureClass: "fatal",
  wholeProvider: false,
  overflowedContextTokens: null,
});

interface SetupOptions {
  readonly catalogue?: Catalogue | null;
  readonly arms?: BanditSnapshot["arms"];
  readonly random?: () => number;
  readonly endedByOthers?: boolean;
}

function setup({
  catalogue = twoModels,
  arms = [],
  random = () => 0.99,
  endedByOthers = false,
}: SetupOptions = {}) {
  const calls: CallJob[] = [];
  const commits: Parameters<SelectModelDeps["ledger"]["commit"]>[0][] = [];
  const told: OrchestrateJob[] = [];
  /** What happens at an attempt to tell a run: an error is the worker's death at this point. */
  const deaths: Error[] = [];
  const seen = { decided: 0, refused: 0, beliefsRead: 0 };
  const index = catalogue === null ? null : indexCatalogue(catalogue);
  const deps: SelectModelDeps = {
    state: { catalogueIndex: () => index, health: () => new Map() },
    decisions: createDecisionCache({ limit: 8 }),
    turns: createAliasTurns(),
    bandit: {
      arms: async () => {
        seen.beliefsRead += 1;
        return indexArms({ arms });
      },
    },
    producer: {
      addCall: async (job) => {
        calls.push(job);
      },
      addOrchestrate: async (job) => {
        const death = deaths.shift();
        if (death !== undefined) throw death;
        told.push(job);
      },
    },
    ledger: {
      commit: async (commit) => {
        commits.push(commit);
        return !endedByOthers;
      },
    },
    events: {
      decided: () => (seen.decided += 1),
      refused: () => (seen.refused += 1),
    },
    now: () => nowMs,
    random,
  };
  const selectModel = createSelectModel(deps);
  const run = (job: RouteJob) => selectModel(job, new AbortController().signal);
  const result = () => requestResultSchema.parse(JSON.parse(commits.at(-1)?.resultJson ?? "null"));
  const chosen = () => calls.map((job) => job.decision.chosen.modelId);
  return { deps, run, calls, commits, told, deaths, result, chosen, seen };
}

describe("a request that a model can take", () => {
  it("is handed to its provider with the decision", async () => {
    const { run, calls, commits, seen } = setup();
    expect(await run(jobOf())).toEqual({ kind: "done" });
    expect(calls[0]).toMatchObject({
      requestId: "req_0000000000000001",
      decision: {
        chosen: { modelId: "heavy", providerId: "up" },
        fallbacks: [{ modelId: "light", providerId: "up" }],
        estimatedCostUsd: expect.closeTo(0.01636, 10),
        aliasId: null,
        explored: false,
      },
    });
    expect([commits.length, seen.decided, seen.beliefsRead]).toEqual([0, 1, 0]);
  });

  it("S1-11, S1-58: goes to the next model when the first has failed", async () => {
    const { run, chosen } = setup();
    await run(jobOf({ round: 1, excluded: [excludedOf("heavy")], attempts: [attemptAt("heavy", "broken")] }));
    expect(chosen()).toEqual(["light"]);
  });

  it("waits while no catalogue has been published", async () => {
    const { run, calls } = setup({ catalogue: null });
    expect(await run(jobOf())).toEqual({ kind: "snooze", delayMs: 250 });
    expect(calls).toEqual([]);
  });
});

describe("a request that nobody can take", () => {
  it("ends with the reasons, and without a decision when there has never been one", async () => {
    const { run, result, seen } = setup();
    await run(jobOf({ policy: { minWeight: 95 } }));
    expect(result()).toMatchObject({
      outcome: "failed",
      modelId: null,
      decision: null,
      failure: { code: "no_eligible_model" },
      refusal: {
        strategy: "highest_weight",
        mode: "normal",
        catalogueVersion: 3,
        skippedByReason: { weight_below_limit: 2 },
        considered: [
          { modelId: "heavy", outcome: "skipped", skipReason: "weight_below_limit" },
          { modelId: "light", outcome: "skipped", skipReason: "weight_below_limit" },
        ],
      },
    });
    expect(seen.refused).toBe(1);
  });

  it("S0-7: after failures ends with the last failure, the decision before it, and why nothing follows", async () => {
    const first = setup();
    await first.run(jobOf({ model: "heavy" }));
    const lastDecision = first.calls[0]?.decision ?? null;
    const { run, result } = setup();
    await run(
      jobOf({
        model: "heavy",
        round: 1,
        lastDecision,
        excluded: [excludedOf("heavy")],
        attempts: [attemptAt("heavy", "The provider answered 500.")],
      }),
    );
    expect(result()).toMatchObject({
      modelId: "heavy",
      providerId: "up",
      failure: { code: "provider_error", message: "The provider answered 500." },
      decision: { chosen: { modelId: "heavy" }, reason: "named" },
      refusal: { skippedByReason: { already_failed: 1, not_named: 1 } },
    });
  });

  it("S2-21: without escalation the first failure is the answer, though another model would fit", async () => {
    const { run, result, calls } = setup();
    await run(
      jobOf({
        round: 1,
        policy: { allowEscalation: false },
        excluded: [excludedOf("heavy")],
        attempts: [attemptAt("heavy", "The provider answered 500.")],
      }),
    );
    expect(calls).toEqual([]);
    expect(result()).toMatchObject({
      failure: { message: "The provider answered 500." },
      refusal: { skippedByReason: { escalation_not_allowed: 1 } },
    });
  });

  it("ends at its deadline without being looked at", async () => {
    const { run, result } = setup();
    await run(jobOf({ deadlineAtMs: nowMs }));
    expect(result()).toMatchObject({ failure: { code: "deadline_exceeded" }, refusal: null });
  });
});

describe("an alias that takes turns", () => {
  const catalogue = buildCatalogue({
    models: twoModels.models,
    aliases: [
      {
        id: "turns",
        enabled: true,
        stickyBy: "round_robin",
        variants: [
          { modelId: "heavy", weight: 3 },
          { modelId: "light", weight: 1 },
        ],
      },
    ],
  });

  it("has no long runs over the requests of one router, and remembers no decision", async () => {
    const { run, chosen } = setup({ catalogue });
    for (let request = 0; request < 8; request++) await run(jobOf({ model: "turns" }));
    expect(
      chosen()
        .map((id) => id[0])
        .join(""),
    ).toBe("hhlhhhlh");
  });
});

describe("the strategy thompson", () => {
  const arms: BanditSnapshot["arms"] = [
    { modelId: "light", tokenBucket: "small", alpha: 90, beta: 10, updatedAtMs: 0 },
  ];

  it("S1d-29: decides from the published beliefs, which other strategies never ask for", async () => {
    const { run, chosen, seen } = setup({ arms });
    await run(jobOf());
    expect(seen.beliefsRead).toBe(0);
    await run(jobOf({ policy: { strategy: "thompson" } }));
    expect(chosen()).toEqual(["heavy", "light"]);
    expect(seen.beliefsRead).toBe(1);
  });

  it("S1d-29: tries something out with the randomness of its router, unless the request forbids it", async () => {
    const numbers = [0.1, 0.99, 0.5, 0.5];
    const random = () => numbers.shift() ?? 0.99;
    const { run, calls } = setup({ arms, random });
    await run(jobOf({ policy: { strategy: "thompson" } }));
    expect(calls[0]?.decision).toMatchObject({ chosen: { modelId: "heavy" }, explored: true });
    const careful = setup({ arms, random: () => 0 });
    await careful.run(jobOf({ policy: { strategy: "thompson", allowExploration: false } }));
    expect(careful.calls[0]?.decision).toMatchObject({ chosen: { modelId: "light" }, explored: false });
  });
});

describe("a call of an orchestration", () => {
  const runId = "run_0123456789abcdef";
  const refused = jobOf({ runId, traceparent: "00-trace", policy: { minWeight: 95 } });
  const { requestId } = refused;

  it.each([
    ["no model can take it", refused],
    ["its deadline has passed", { ...refused, deadlineAtMs: nowMs }],
  ])("tells its run, after the commit, when %s", async (_why, job) => {
    const { deps, run, commits, told } = setup();
    const { addOrchestrate } = deps.producer;
    Object.assign(deps.producer, {
      addOrchestrate: (look: OrchestrateJob) => {
        expect(commits).toHaveLength(1);
        return addOrchestrate(look);
      },
    });
    expect(await run(job)).toEqual({ kind: "done" });
    expect(told).toEqual([{ v: 1, runId, cause: requestId, traceparent: "00-trace" }]);
  });

  it("tells its run when its job was given up", async () => {
    const { deps, told, result } = setup();
    await endRequest(deps, refused, { failure: failures.givenUp, refusal: null });
    expect(result()).toMatchObject({ failure: { code: "internal_error" } });
    expect(told).toMatchObject([{ runId, cause: requestId }]);
  });

  it("has its run told by the second delivery when the worker died between commit and telling", async () => {
    const { run, commits, told, deaths } = setup();
    deaths.push(new Error("killed"));
    await expect(run(refused)).rejects.toThrow("killed");
    expect([commits.length, told.length]).toEqual([1, 0]);
    expect(await run(refused)).toEqual({ kind: "done" });
    expect(told).toMatchObject([{ runId, cause: requestId }]);
  });

  it("that others have, or have ended, makes its run look without claiming the end", async () => {
    const { run, told } = setup({ endedByOthers: true });
    await run(refused);
    expect(told).toMatchObject([{ runId, cause: `${requestId}-maybe` }]);
  });

  it("says nothing while the request goes on, and is the only kind of request that says something", async () => {
    const { run, told, calls } = setup();
    await run(jobOf({ runId }));
    expect(calls[0]).toMatchObject({ runId });
    await run({ ...jobOf({ policy: { minWeight: 95 } }) });
    expect(told).toEqual([]);
  });
});
