import type { CallOutcome, RunCall, RunSettings, RunState } from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunCause } from "./advance-question.ts";
import { interruptedRepeatsMax } from "./advance-run.ts";
import { builtInModes } from "./mode-registry.ts";
import { reportOf } from "./report-of.ts";
import { newRunState, outstandingCalls } from "./run-state.ts";
import { totalsOf } from "./run-totals.ts";
import { answered, ended, failed, inputFor, look, type TestRun } from "./test-runs.ts";

const runs = { numRuns: 150 };

const texts = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("an answer", "## Plan\nx\n## Risks\n- y", "another answer") },
  fc.constantFrom(
    "Verdict: accepted",
    "NOTHING LEFT",
    "2",
    '{"winner": 3, "reason": "r"}',
    "nonsense",
    "",
    "1 is better than 2",
  ),
  fc.string(),
);

const outcomes: fc.Arbitrary<CallOutcome> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({
        text: texts,
        model: fc.constantFrom("a", "b", "c"),
        tokens: fc.nat(5_000),
        costUsd: fc.option(fc.double({ min: 0, max: 0.01, noNaN: true }), { nil: null }),
        wantsTools: fc.integer({ min: 0, max: 15 }).map((dice) => dice === 0),
      })
      .map(({ text, model, tokens, costUsd, wantsTools }) =>
        answered(text, {
          modelId: model,
          providerId: `provider-${model}`,
          costUsd,
          toolCalls: wantsTools ? [{ id: "call" }] : null,
          usage: {
            inputTokens: tokens,
            outputTokens: tokens % 97,
            cacheReadTokens: 0,
            cacheWriteTokens: 0,
            reasoningTokens: 0,
            source: "provider",
          },
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      failed("provider_timeout"),
      failed("provider_error"),
      failed("stream_interrupted"),
    ),
  },
);

const settingsOf: fc.Arbitrary<Partial<RunSettings>> = fc.record({
  rounds: fc.integer({ min: 0, max: 4 }),
  voters: fc.integer({ min: 0, max: 5 }),
  planOnly: fc.integer({ min: 0, max: 7 }).map((dice) => dice === 0),
  refines: fc.integer({ min: 0, max: 3 }).map((dice) => dice !== 0),
  stopsWhenAccepted: fc.boolean(),
});

/** A run, how each of its calls ends (by the number of the call), what is left of its budget, and what is drawn by lot. */
const situations = fc.record({
  mode: fc.constantFrom(...builtInModes),
  settings: settingsOf,
  outcomes: fc.array(outcomes, { minLength: 12, maxLength: 12 }),
  maxCostUsd: fc.option(fc.double({ min: 0, max: 0.05, noNaN: true }), { nil: null, freq: 3 }),
});
type Situation = typeof situations extends fc.Arbitrary<infer Value> ? Value : never;

function runOf({ mode, settings, maxCostUsd }: Situation): TestRun {
  return { mode, input: inputFor({ mode, settings, maxCostUsd }) };
}

/** The same call ends the same way in every telling. */
function outcomeOf(situation: Situation, { requestId }: Pick<RunCall, "requestId">): CallOutcome {
  let key = 7;
  for (let at = 0; at < requestId.length; at += 1) key = (key * 31 + requestId.charCodeAt(at)) % 10_007;
  const outcome = situation.outcomes[key % situation.outcomes.length];
  if (outcome === undefined) throw new Error("there is no outcome");
  return outcome;
}

interface Telling {
  readonly state: RunState;
  readonly submitted: readonly RunCall[];
}

/** Every outcome once, in the order of the calls, one at a time. */
function tellPlainly(situation: Situation): Telling {
  return tellBadly(situation, { next: () => 0, repeats: () => false });
}

interface Mischief {
  /** Which of so many comes next. */
  readonly next: (count: number) => number;
  /** Whether some more of what has been told before is told again now. */
  readonly repeats: () => boolean;
}

/**
 * Outcomes in any order, several at once, told again and again; looks without news in between; a state that was worked out
 * and lost before it was saved, so that the same look is taken once more.
 */
function tellBadly(situation: Situation, { next, repeats }: Mischief): Telling {
  const run = runOf(situation);
  const submitted = new Map<string, RunCall>();
  const told: RunCause[] = [{ kind: "start" }];
  let state = newRunState();
  const lookAt = (...events: RunCause[]): void => {
    if (repeats()) look(run, state, ...events);
    const advance = look(run, state, ...events);
    for (const call of advance.submit) {
      expect(submitted.has(call.requestId)).toBe(false);
      submitted.set(call.requestId, call);
    }
    ({ state } = advance);
  };
  lookAt({ kind: "start" });
  for (let looks = 0; state.outcome === null && looks < 100; looks += 1) {
    const events: RunCause[] = [];
    const outstanding = [...outstandingCalls(state)];
    do {
      const [call] = outstanding.splice(next(outstanding.length), 1);
      if (call !== undefined) events.push(ended(call, outcomeOf(situation, call)));
    } while (outstanding.length > 0 && repeats());
    told.push(...events);
    while (repeats()) events.splice(next(events.length), 0, told[next(told.length)] ?? { kind: "start" });
    lookAt(...events);
    if (repeats()) lookAt(...told);
  }
  return { state, submitted: [...submitted.values()] };
}

const mischief = fc.infiniteStream(fc.nat(1_000)).map((numbers): Mischief => {
  const draw = (): number => numbers.next().value ?? 0;
  return { next: (count) => (count === 0 ? 0 : draw() % count), repeats: () => draw() % 3 === 0 };
});

describe.each(builtInModes.map((mode) => [mode.name, mode] as const))("mode %s", (_, mode) => {
  const ofMode = situations.map((situation) => ({ ...situation, mode }));

  test("outcomes in any order, together, twice, or lost and delivered again end in the same state with the same calls", () => {
    fc.assert(
      fc.property(ofMode, mischief, (situation, badly) => {
        const plain = tellPlainly(situation);
        const bad = tellBadly(situation, badly);
        expect(bad.state).toEqual(plain.state);
        expect(byId(bad.submitted)).toEqual(byId(plain.submitted));
      }),
      runs,
    );
  });

  test("every run ends, by an outcome that can be stored, with no more calls than its worst case names", () => {
    fc.assert(
      fc.property(ofMode, (situation) => {
        const { state, submitted } = tellPlainly(situation);
        const { settings } = runOf(situation).input;
        const planned = new Map(mode.worstCase(settings).map((call) => [call.callId, call]));
        expect(state.outcome).not.toBeNull();
        expect(new Set(submitted.map(({ spec }) => spec.callId)).size).toBeLessThanOrEqual(planned.size);
        expect(submitted.length).toBeLessThanOrEqual(planned.size * (1 + interruptedRepeatsMax));
        for (const { spec } of submitted) {
          const plan = planned.get(spec.callId);
          expect(plan).toMatchObject({
            phase: spec.phase,
            role: spec.role,
            maxOutputTokens: spec.maxOutputTokens,
          });
          const reads = Object.values(spec.ask?.values ?? {}).flatMap((value) =>
            "answerOf" in value ? [value.answerOf] : [],
          );
          expect(plan?.reads).toEqual(expect.arrayContaining(reads));
          const templates = [spec.system, spec.ask?.template ?? null].filter((name) => name !== null);
          expect(plan?.templates).toEqual(templates);
        }
      }),
      runs,
    );
  });

  test("without failures, early ends and limits, a run makes every call of its worst case", () => {
    fc.assert(
      fc.property(settingsOf, (stated) => {
        const run: TestRun = {
          mode,
          input: inputFor({ mode, settings: { ...stated, stopsWhenAccepted: false } }),
        };
        const situation = { mode, settings: run.input.settings, outcomes: [answered("1")], maxCostUsd: null };
        const { submitted } = tellPlainly(situation);
        expect(submitted.map(({ spec }) => spec.callId)).toEqual(
          mode.worstCase(run.input.settings).map(({ callId }) => callId),
        );
      }),
      runs,
    );
  });

  test("S4-18: tokens and cost of a run are the sums over all its calls, whatever becomes of it", () => {
    fc.assert(
      fc.property(ofMode, (situation) => {
        const { input } = runOf(situation);
        const { state, submitted } = tellPlainly(situation);
        const ends = submitted.map((call) => outcomeOf(situation, call));
        const tokens = ends.reduce(
          (sum, { usage }) => sum + (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0),
          0,
        );
        const report = reportOf(input, state);
        expect(report.total_tokens).toBe(tokens);
        expect(report.total_tokens).toBe(report.input_tokens + report.output_tokens);
        const { costUsd } = totalsOf(input, state);
        const costs = ends.map((end) => (end.kind === "failed" ? 0 : end.costUsd));
        if (costs.includes(null)) expect(costUsd).toBeNull();
        else
          expect(costUsd).toBeCloseTo(
            costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
            9,
          );
      }),
      runs,
    );
  });

  test("a cancel at any moment ends the run, submits nothing more and stops exactly what is under way", () => {
    fc.assert(
      fc.property(ofMode, fc.nat(12), (situation, after) => {
        const run = runOf(situation);
        let { state } = look(run, newRunState(), { kind: "start" });
        for (let step = 0; step < after && state.outcome === null; step += 1) {
          const [call] = outstandingCalls(state);
          if (call !== undefined) ({ state } = look(run, state, ended(call, outcomeOf(situation, call))));
        }
        const wasOver = state.outcome;
        const under = outstandingCalls(state).map(({ requestId }) => requestId);
        const cancelled = look(run, state, { kind: "cancel" });
        expect(cancelled.submit).toEqual([]);
        expect(cancelled.cancel).toEqual(under);
        if (wasOver === null) expect(cancelled.state.outcome?.kind).toBe("cancelled");
        else expect(cancelled.state).toEqual(state);
      }),
      runs,
    );
  });

  test("retried until it succeeds, a run never asks again for what was answered and ends as if nothing had failed", () => {
    fc.assert(
      fc.property(ofMode, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (situation, fails) => {
        const run: TestRun = { mode, input: inputFor({ mode, settings: situation.settings }) };
        const good = answered("1");
        const answeredOnce = new Set<string>();
        let { state } = look(run, newRunState(), { kind: "start" });
        for (let step = 0; step < 200 && state.outcome?.kind !== "succeeded"; step += 1) {
          const [call] = outstandingCalls(state);
          const cause: RunCause =
            call === undefined || state.outcome !== null
              ? { kind: "retry", modelId: null }
              : ended(call, fails[step] === true ? failed() : good);
          const advance = look(run, state, cause);
          for (const { outcome, spec } of advance.state.calls)
            if (outcome?.kind === "answered") answeredOnce.add(spec.callId);
          for (const { spec } of advance.submit) expect(answeredOnce.has(spec.callId)).toBe(false);
          ({ state } = advance);
        }
        expect(state.outcome).toMatchObject({ kind: "succeeded", text: "1" });
      }),
      runs,
    );
  });
});

/** Calls as others see them; which of two that stand side by side was sent first may differ. */
function byId(calls: readonly RunCall[]): object[] {
  return calls.toSorted((a, b) => a.requestId.localeCompare(b.requestId)).map(asSubmitted);
}

/** What of a call others see. */
function asSubmitted({ requestId, spec, attempt, deadlineAtMs }: RunCall): object {
  return { requestId, spec, attempt, deadlineAtMs };
}

test("the situations of these tests are worth their names", () => {
  const sample = fc.sample(situations, { numRuns: 1_000, seed: 1 }).map((situation) => ({
    situation,
    ...tellPlainly(situation),
  }));
  const kinds = sample.map(({ state }) => state.outcome?.kind);
  expect(kinds.filter((kind) => kind === "succeeded").length).toBeGreaterThan(300);
  expect(kinds.filter((kind) => kind === "failed").length).toBeGreaterThan(100);
  expect(sample.filter(({ submitted }) => submitted.length >= 4).length).toBeGreaterThan(100);
  const budget = sample.filter(
    ({ state }) => state.outcome?.kind === "failed" && state.outcome.failure.code === "budget_exceeded",
  );
  expect(budget.length).toBeGreaterThan(20);
});
