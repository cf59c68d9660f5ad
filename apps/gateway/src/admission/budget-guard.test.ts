import { describe, expect, test } from "vitest";
import { createBudgetGuard } from "./budget-guard.ts";
import type { Budget } from "./caller.ts";

const dollar = 1_000_000_000;
const middleOfMonth = Date.UTC(2026, 10, 15, 12);

function setup({ nowMs = middleOfMonth } = {}) {
  const clock = { nowMs };
  const books = {
    spentUsd: 0,
    recorded: new Set<string>(),
    reads: 0,
    isDown: false,
    /** The time of the last question, as the guard saw it. */
    askedAtMs: 0,
  };
  const errors: unknown[] = [];
  const guard = createBudgetGuard({
    spend: {
      async spentNanoUsd(_scope, at) {
        books.reads += 1;
        books.askedAtMs = at;
        if (books.isDown) throw new Error("no database");
        return Promise.resolve(books.spentUsd * dollar);
      },
      recorded: (ids) => Promise.resolve(new Set(ids.filter((id) => books.recorded.has(id)))),
    },
    now: () => clock.nowMs,
    onError: (error) => errors.push(error),
  });
  const budget: Budget = { kind: "key", id: "key_1", resetAtMs: null, limitNanoUsd: dollar };
  const reserve = (requestId: string, costUsd: number, budgets: Budget[] = [budget]) =>
    guard.reserve(budgets, { requestId, costUsd }) ?? Promise.reject(new Error("no budget"));
  const advance = (ms: number): void => void (clock.nowMs += ms);
  return { guard, books, clock, errors, budget, reserve, advance };
}

describe("a monthly budget", () => {
  test("is asked of nobody who has none", () => {
    expect(setup().guard.reserve([], { requestId: "r", costUsd: 1 })).toBeNull();
  });

  test("admits while spend is below it and refuses from there on, with both numbers", async () => {
    const { reserve, books, advance } = setup();
    books.spentUsd = 0.999_999;
    (await reserve("r1", 0)).release();
    books.spentUsd = 1;
    advance(1_000);
    await expect(reserve("r2", 0)).rejects.toMatchObject({
      code: "budget_exceeded",
      details: { budget_scope: "key", budget_usd: 1, spent_usd: 1 },
    });
  });

  test("is held by requests under way, so that many at once cannot overrun it", async () => {
    const { reserve } = setup();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) => reserve(`r${index}`, 0.1)),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  });

  test("counts a request by its real cost from its end on, and once only when the books have it", async () => {
    const { reserve, books, advance } = setup();
    const first = await reserve("r1", 0.9);
    first.settle(0.2);
    const second = await reserve("r2", 0.7);
    await expect(reserve("r3", 0)).resolves.toBeDefined();
    second.settle(0.3);
    books.spentUsd = 0.5;
    books.recorded = new Set(["r1", "r2"]);
    advance(1_000);
    await expect(reserve("r4", 0.49)).resolves.toBeDefined();
    await expect(reserve("r5", 0.02)).resolves.toBeDefined();
    await expect(reserve("r6", 0)).rejects.toMatchObject({ details: { spent_usd: 0.5 } });
  });

  test("keeps what an abandoned request may cost until its cost is in the books", async () => {
    const { reserve, books, advance } = setup();
    (await reserve("r1", 1)).settle(null);
    advance(60_000);
    await expect(reserve("r2", 0)).rejects.toMatchObject({ code: "budget_exceeded" });
    books.recorded = new Set(["r1"]);
    books.spentUsd = 0.001;
    advance(1_000);
    await expect(reserve("r2", 0)).resolves.toBeDefined();
  });

  test("gives up on a cost that never came to the books", async () => {
    const { reserve, advance } = setup();
    (await reserve("r1", 1)).settle(null);
    advance(600_001);
    await expect(reserve("r2", 0)).resolves.toBeDefined();
  });

  test("is free again when a request never became a job", async () => {
    const { reserve } = setup();
    (await reserve("r1", 1)).release();
    await expect(reserve("r2", 1)).resolves.toBeDefined();
  });

  test("holds for key and project each, and a refusal by one takes nothing of the other", async () => {
    const { reserve, budget } = setup();
    const project: Budget = { kind: "project", id: "p", resetAtMs: null, limitNanoUsd: dollar / 2 };
    await reserve("r1", 0.5, [budget, project]);
    await expect(reserve("r2", 0.5, [budget, project])).rejects.toMatchObject({
      details: { budget_scope: "project", budget_usd: 0.5 },
    });
    await expect(reserve("r3", 0.4, [budget])).resolves.toBeDefined();
    await expect(reserve("r4", 0.4, [budget])).resolves.toBeDefined();
    await expect(reserve("r5", 0, [budget])).rejects.toMatchObject({ details: { budget_scope: "key" } });
  });

  test("is read from the books at most once a second, however many ask", async () => {
    const { reserve, books, advance } = setup();
    await Promise.all(Array.from({ length: 50 }, (_, index) => reserve(`a${index}`, 0)));
    advance(999);
    await reserve("b", 0);
    expect(books.reads).toBe(1);
    advance(1);
    await reserve("c", 0);
    expect(books.reads).toBe(2);
  });

  test("refuses nobody for a sum that is older than a tenth of a second", async () => {
    const { reserve, books, advance } = setup();
    (await reserve("r1", 1)).settle(0.5);
    books.recorded = new Set(["r1"]);
    books.spentUsd = 0.5;
    advance(50);
    await expect(reserve("r2", 0.5)).resolves.toBeDefined();
    await expect(reserve("r3", 0)).rejects.toMatchObject({ details: { spent_usd: 0 } });
    advance(100);
    await expect(reserve("r4", 0)).rejects.toMatchObject({ details: { spent_usd: 0.5 } });
  });

  test("starts anew with the month, at midnight UTC", async () => {
    const lastOfMonth = Date.UTC(2026, 11, 1) - 1;
    const { reserve, books, advance } = setup({ nowMs: lastOfMonth });
    books.spentUsd = 1;
    await expect(reserve("r1", 0)).rejects.toMatchObject({ code: "budget_exceeded" });
    books.spentUsd = 0;
    advance(1);
    await expect(reserve("r2", 0)).resolves.toBeDefined();
    expect(books.askedAtMs).toBe(Date.UTC(2026, 11, 1));
  });

  test("starts anew at once when it was set back", async () => {
    const { reserve, books, budget, clock } = setup();
    books.spentUsd = 1;
    await expect(reserve("r1", 0)).rejects.toMatchObject({ code: "budget_exceeded" });
    books.spentUsd = 0;
    await expect(reserve("r2", 0, [{ ...budget, resetAtMs: clock.nowMs }])).resolves.toBeDefined();
  });

  test("is held by what was last read while the database is away, for a minute; then nothing is admitted", async () => {
    const { reserve, books, errors, advance } = setup();
    books.spentUsd = 0.5;
    await reserve("r1", 0.1);
    books.isDown = true;
    advance(30_000);
    await expect(reserve("r2", 0.1)).resolves.toBeDefined();
    expect(errors).toHaveLength(1);
    advance(30_000);
    await expect(reserve("r3", 0.1)).rejects.toMatchObject({ code: "overloaded" });
    books.isDown = false;
    await expect(reserve("r4", 0.1)).resolves.toBeDefined();
  });
});
