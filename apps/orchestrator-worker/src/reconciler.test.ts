import type { OrchestrateJob } from "@tokenhub/contracts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isReminder, startReconciler } from "./reconciler.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup({ due, random = () => 0.5 }: { due: (limit: number) => string[]; random?: () => number }) {
  const added: OrchestrateJob[] = [];
  const questions: { nowMs: number; limit: number; nextDueMs: number }[] = [];
  const redriven: string[][] = [];
  const errors: Error[] = [];
  const reconciler = startReconciler({
    runs: {
      takeDue: async (question) => {
        questions.push(question);
        return due(question.limit);
      },
    },
    producer: { addOrchestrate: async (job) => void added.push(job) },
    events: { redriven: (runIds) => void redriven.push([...runIds]) },
    onError: (error) => void errors.push(error),
    now: Date.now,
    random,
    intervalMs: 1_000,
    repairAfterMs: 30_000,
  });
  return { added, questions, redriven, errors, reconciler };
}

test("due runs are looked at once, at the start and then about every interval, and put off", async () => {
  const left = [["run_a", "run_b"], [], ["run_c"]];
  const { added, questions, redriven, reconciler } = setup({ due: () => left.shift() ?? [] });
  const startedAtMs = Date.now();
  await vi.advanceTimersByTimeAsync(0);
  expect(added.map(({ runId }) => runId)).toEqual(["run_a", "run_b"]);
  expect(added.every(({ cause }) => isReminder(cause) && /^[\w-]{1,80}$/.test(cause))).toBe(true);
  expect(questions[0]).toMatchObject({ nowMs: startedAtMs, nextDueMs: startedAtMs + 30_000 });
  await vi.advanceTimersByTimeAsync(2_500);
  expect(redriven).toEqual([["run_a", "run_b"], ["run_c"]]);
  expect(questions).toHaveLength(3);
  await reconciler[Symbol.asyncDispose]();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(questions).toHaveLength(3);
});

test("a pile of due runs is taken in bounded batches", async () => {
  const { added, questions, reconciler } = setup({
    due: (limit) => Array.from({ length: limit }, (_, index) => `run_${index}`),
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(questions).toHaveLength(10);
  expect(added).toHaveLength(2_000);
  await reconciler[Symbol.asyncDispose]();
});

test("a Redis that is away is told of, and asked again", async () => {
  let isAway = true;
  const { added, errors, reconciler } = setup({
    due: () => {
      if (isAway) throw new Error("away");
      return ["run_a"];
    },
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(errors.map(({ message }) => message)).toEqual(["away"]);
  isAway = false;
  await vi.advanceTimersByTimeAsync(1_100);
  expect(added).toHaveLength(1);
  await reconciler[Symbol.asyncDispose]();
});

test("processes that start together do not look together for long", async () => {
  const times = [0, 0.5, 0.999].map(async (value) => {
    const { questions, reconciler } = setup({ due: () => [], random: () => value });
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersToNextTimerAsync();
    await reconciler[Symbol.asyncDispose]();
    return questions.at(-1)?.nowMs;
  });
  expect(new Set(await Promise.all(times)).size).toBeGreaterThan(1);
});
