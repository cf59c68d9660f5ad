import { describe, expect, test } from "vitest";
import { reportOf } from "./report-of.ts";
import { runReportSchema } from "./run-report.ts";
import { newRunState } from "./run-state.ts";
import { totalsOf } from "./run-totals.ts";
import { answered, ended, failed, inputFor, look, modeNamed, runThrough, testNowMs } from "./test-runs.ts";

const mode = modeNamed("adversarial");
const run = { mode, input: inputFor({ mode, worstCaseCostUsd: 0.5 }) };

test("S3-29, S4-18: a run that succeeded shows its answer, every phase with usage and cost, and the sums", () => {
  const { state } = runThrough(run, ({ spec }) => answered(`text of ${spec.callId}`));
  const report = reportOf(run.input, state);
  expect(runReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expect(report).toMatchObject({
    id: run.input.runId,
    object: "orchestration",
    mode: "adversarial",
    status: "succeeded",
    created_at: 1_760_000_000,
    finished_at: 1_760_000_000,
    iterations: 1,
    total_tokens: 45,
    input_tokens: 30,
    output_tokens: 15,
    cost_usd: 0.003,
    worst_case_cost_usd: 0.5,
    result: "text of refine.1",
    reason: "adversarial-orchestration",
    error: null,
  });
  expect(report.phases[1]).toEqual({
    id: "critique.1",
    phase: "critique",
    role: "critic",
    attempt: 1,
    status: "succeeded",
    model: "model-a",
    provider: "provider-a",
    request_id: "critique.1/1",
    output: "text of critique.1",
    finish_reason: "stop",
    error: null,
    input_tokens: 10,
    output_tokens: 5,
    cost_usd: 0.001,
    started_at_ms: testNowMs,
    finished_at_ms: testNowMs + 500,
    duration_ms: 500,
  });
});

test("S4-19: every public name is in snake case", () => {
  const { state } = runThrough(run, () => answered("## Attacks\n- a"));
  const names = JSON.stringify(reportOf(run.input, state)).matchAll(/"([^"]+)":/g);
  for (const [, name] of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
});

test("S4-18: an answer whose provider reported no usage counts with an estimate of its texts", () => {
  const input = inputFor({ mode: modeNamed("planning"), templates: { "plan.system": "x".repeat(40) } });
  const { state } = runThrough({ mode: modeNamed("planning"), input }, () =>
    answered("y".repeat(80), { usage: null }),
  );
  expect(totalsOf(input, state).usage).toMatchObject({
    inputTokens: 110,
    outputTokens: 20,
    source: "estimated",
  });
  expect(reportOf(input, state)).toMatchObject({ total_tokens: 130, phases: [{ input_tokens: 110 }] });
});

test("costs are unknown as soon as one answer's is; a call that failed without a cost cost nothing", () => {
  const unknown = runThrough(run, ({ spec }) =>
    answered("x", { costUsd: spec.callId === "plan.1" ? null : 0.001 }),
  );
  expect(reportOf(run.input, unknown.state).cost_usd).toBeNull();
  const broken = runThrough(run, ({ spec }) => (spec.callId === "plan.1" ? answered("x") : failed()));
  expect(reportOf(run.input, broken.state).cost_usd).toBe(0.001);
});

describe("runs without an answer", () => {
  test("under way: phases tell what there is", () => {
    const { state } = look(run, newRunState(), { kind: "start" });
    expect(reportOf(run.input, state)).toMatchObject({
      status: "running",
      finished_at: null,
      result: null,
      reason: null,
      error: null,
      artefacts: {},
      phases: [{ id: "plan.1", status: "running", output: null, finished_at_ms: null, duration_ms: null }],
    });
  });

  test("failed: the error, the phases that are paid for and what they came to", () => {
    const { state } = runThrough(run, ({ spec }) =>
      spec.callId === "critique.1" ? failed("provider_timeout") : answered("x"),
    );
    expect(reportOf(run.input, state)).toMatchObject({
      status: "failed",
      result: null,
      error: { code: "provider_timeout" },
      total_tokens: 15,
      artefacts: { initial_plan: "x" },
      phases: [{ status: "succeeded" }, { status: "failed", error: { code: "provider_timeout" } }],
    });
  });

  test("cancelled: calls that were under way count as cancelled", () => {
    const { state } = look(run, newRunState(), { kind: "start" });
    expect(reportOf(run.input, look(run, state, { kind: "cancel" }).state)).toMatchObject({
      status: "cancelled",
      error: { code: "cancelled" },
      phases: [{ status: "failed", error: { code: "cancelled" } }],
    });
  });

  test("retried: attempts that failed stay in the report and in the sums", () => {
    const { state } = runThrough(run, () => ({ ...failed(), usage: { ...usage, inputTokens: 7 } }));
    const retried = look(run, state, { kind: "retry", modelId: null });
    const [call] = retried.submit;
    if (call === undefined) throw new Error("nothing was submitted");
    const next = look(run, retried.state, ended(call, answered("x")));
    const report = reportOf(run.input, next.state);
    expect(report.phases.map(({ id, attempt }) => [id, attempt])).toEqual([
      ["plan.1", 1],
      ["plan.1", 2],
      ["critique.1", 1],
    ]);
    expect(report.input_tokens).toBe(17);
  });
});

const usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  source: "provider",
} as const;

test("iterations are the voters of a vote and the rounds of everything else", () => {
  const iterationsOf = (name: string, settings: object): number => {
    const input = inputFor({ mode: modeNamed(name), settings });
    return reportOf(input, newRunState()).iterations;
  };
  expect(iterationsOf("vote", { voters: 4 })).toBe(4);
  expect(iterationsOf("refine", {})).toBe(2);
  expect(iterationsOf("planning", { rounds: 5 })).toBe(0);
});
