import type { CallFailure, RequestResult } from "@tokenhub/contracts";
import { describe, expect, it } from "vitest";
import { judgeExecution, type ExecutionOutcome } from "./judge-execution.ts";

const job = {
  id: "job_1",
  attempt: 1,
  deadlineAtMs: 1_000_000,
  cancelRequestedAtMs: null,
  isStream: false,
  origin: "jobs_api",
} as const;
const how = { nowMs: 1_000, random: 0.5, keepMs: 60_000 };

function failureOf(code: CallFailure["code"], retryAfterMs: number | null = null): CallFailure {
  return {
    class: "transient",
    code,
    message: "why",
    providerStatus: null,
    providerMessage: null,
    providerCode: null,
    retryAfterMs,
  };
}

function resultOf(failure: CallFailure | null, more: Partial<RequestResult> = {}): RequestResult {
  return {
    v: 1,
    requestId: "req_1",
    outcome: failure === null ? "succeeded" : failure.code === "cancelled" ? "cancelled" : "failed",
    wireFormat: "openai-chat",
    stream: false,
    modelId: "m",
    providerId: "p",
    upstreamModel: "u",
    finishReason: null,
    usage: null,
    warnings: [],
    failure,
    attempts: [],
    ambiguousCalls: 0,
    decision: null,
    refusal: null,
    costUsd: failure === null ? 0.5 : null,
    timeToFirstTokenMs: null,
    durationMs: 1,
    ...more,
  };
}

function outcomeOf(
  result: RequestResult | null,
  code: string | null = null,
  statusCode = code ? 500 : 200,
): ExecutionOutcome {
  return {
    answer: { statusCode, headers: {}, body: "{}" },
    result,
    error: code === null ? null : { code, message: "why" },
  };
}

describe("a job whose request was answered", () => {
  it("has succeeded, with what the answer cost and when it is deleted", () => {
    const judged = judgeExecution(job, outcomeOf(resultOf(null)), how);
    expect(judged).toMatchObject({
      kind: "ended",
      ending: { state: "succeeded", costUsd: 0.5, expiresAtMs: 61_000, isDeadLetter: false, attempt: 1 },
    });
  });

  it("has failed when the answer was refused although its call succeeded", () => {
    const judged = judgeExecution(job, outcomeOf(resultOf(null), "output_schema_failed", 502), how);
    expect(judged).toMatchObject({
      ending: { state: "failed", errorCode: "output_schema_failed", isDeadLetter: true, costUsd: 0.5 },
    });
  });

  it("was cancelled when its call was", () => {
    const judged = judgeExecution(job, outcomeOf(resultOf(failureOf("cancelled")), "cancelled", 499), how);
    expect(judged).toMatchObject({ ending: { state: "cancelled", isDeadLetter: false } });
  });
});

describe("a failure", () => {
  it.each([
    "provider_rate_limited",
    "provider_unavailable",
    "provider_unreachable",
    "provider_error",
    "vault_locked",
    "queue_unavailable",
  ] as const)("%s is tried again under a new id, after half to the whole of a pause", (code) => {
    const judged = judgeExecution(job, outcomeOf(resultOf(failureOf(code)), code), how);
    expect(judged).toMatchObject({ kind: "again", attempt: 2, notBeforeMs: 1_000 + 1_500, errorCode: code });
  });

  it.each([
    "provider_bad_request",
    "provider_timeout",
    "model_not_found",
    "budget_exceeded",
    "stream_interrupted",
    "deadline_exceeded",
  ] as const)("%s ends the job as a dead letter", (code) => {
    const judged = judgeExecution(job, outcomeOf(resultOf(failureOf(code)), code), how);
    expect(judged).toMatchObject({
      kind: "ended",
      ending: { state: "failed", errorCode: code, isDeadLetter: true },
    });
  });

  it.each(["queue_unavailable", "overloaded", "shutting_down"] as const)(
    "%s before anything was done keeps the attempt, so that what was stored of it is found",
    (code) => {
      const late = { ...job, attempt: 50 };
      expect(judgeExecution(late, outcomeOf(null, code, 503), how)).toMatchObject({
        kind: "again",
        attempt: 50,
      });
    },
  );

  it("waits as long as the provider says, and twice as long each time otherwise, up to five minutes", () => {
    const asked = resultOf(failureOf("provider_rate_limited", 40_000));
    expect(judgeExecution(job, outcomeOf(asked, "x"), how)).toMatchObject({ notBeforeMs: 41_000 });
    const pauses = [1, 2, 3, 30].map((attempt) => {
      const judged = judgeExecution(
        { ...job, attempt },
        outcomeOf(resultOf(failureOf("provider_rate_limited"))),
        { ...how, random: 1 },
      );
      return judged.kind === "again" ? judged.notBeforeMs - how.nowMs : null;
    });
    expect(pauses).toEqual([2_000, 4_000, 8_000, 300_000]);
  });

  it("is final after six attempts, but a used-up limit is waited for up to a hundred times", () => {
    const sixth = { ...job, attempt: 6 };
    expect(judgeExecution(sixth, outcomeOf(resultOf(failureOf("provider_error"))), how).kind).toBe("ended");
    expect(judgeExecution(sixth, outcomeOf(resultOf(failureOf("provider_rate_limited"))), how).kind).toBe(
      "again",
    );
    const hundredth = { ...job, attempt: 100 };
    expect(judgeExecution(hundredth, outcomeOf(resultOf(failureOf("provider_rate_limited"))), how).kind).toBe(
      "ended",
    );
  });

  it("is final when the next attempt would come after the deadline", () => {
    const judged = judgeExecution(
      { ...job, deadlineAtMs: 2_000 },
      outcomeOf(resultOf(failureOf("provider_error"))),
      how,
    );
    expect(judged.kind).toBe("ended");
  });

  it("is final for a stream that was seen, for a job that is to be cancelled and for a caller who waits", () => {
    const seen = outcomeOf(resultOf(failureOf("provider_error"), { timeToFirstTokenMs: 5 }));
    expect(judgeExecution({ ...job, isStream: true }, seen, how).kind).toBe("ended");
    const failed = outcomeOf(resultOf(failureOf("provider_error")));
    expect(judgeExecution({ ...job, cancelRequestedAtMs: 1 }, failed, how).kind).toBe("ended");
    expect(judgeExecution({ ...job, origin: "idempotency" }, failed, how)).toMatchObject({
      kind: "ended",
      ending: { isDeadLetter: false },
    });
  });
});
