import { expect, it } from "vitest";
import { PlanBook } from "./plan-book.ts";
import type { Step } from "./step.ts";

const fail = (status: number, repeat?: boolean): Step => ({ kind: "status", status, repeat });

function take(
  book: PlanBook,
  { model, times }: { readonly model: string; readonly times: number },
): unknown[] {
  return Array.from({ length: times }, () => {
    const step = book.forModel(model).takeStep();
    return step !== null && "kind" in step && step.kind === "status" ? step.status : step;
  });
}

it("steps are used up one by one, and then there are none", () => {
  const book = new PlanBook();
  book.set("m", { steps: [fail(500), { ok: true }, fail(503)] });
  expect(take(book, { model: "m", times: 5 })).toEqual([500, { ok: true }, 503, null, null]);
});

it("a step that repeats stays; a plan that repeats starts over", () => {
  const book = new PlanBook();
  book.set("stays", { steps: [fail(500), fail(503, true), fail(400)] });
  expect(take(book, { model: "stays", times: 4 })).toEqual([500, 503, 503, 503]);
  book.set("cycles", { steps: [fail(500), { ok: true }], repeat: true });
  expect(take(book, { model: "cycles", times: 5 })).toEqual([500, { ok: true }, 500, { ok: true }, 500]);
  book.set("empty", { steps: [], repeat: true });
  expect(take(book, { model: "empty", times: 1 })).toEqual([null]);
});

it("setting a plan again starts its steps from the first", () => {
  const book = new PlanBook();
  const plan = { steps: [fail(500)] };
  book.set("m", plan);
  expect(take(book, { model: "m", times: 2 })).toEqual([500, null]);
  book.set("m", plan);
  expect(take(book, { model: "m", times: 1 })).toEqual([500]);
});

it("models without a plan share the steps of *", () => {
  const book = new PlanBook();
  book.set("*", { steps: [fail(500), fail(503)] });
  book.set("own", {});
  expect(take(book, { model: "own", times: 1 })).toEqual([null]);
  expect(take(book, { model: "a", times: 1 })).toEqual([500]);
  expect(take(book, { model: "b", times: 1 })).toEqual([503]);
});

it("a path takes key, headers and latency from *, never its steps or limits", () => {
  const book = new PlanBook();
  book.set("*", { steps: [fail(500)], rateLimit: { requestsPerMinute: 1 }, requireKey: "k", latencyMs: 5 });
  const active = book.forPath("/v1/models");
  expect(active.plan).toEqual({ requireKey: "k", latencyMs: 5 });
  expect(active.takeStep()).toBeNull();
  book.set("/v1/models", { steps: [fail(503)] });
  expect(book.forPath("/v1/models").takeStep()).toEqual(fail(503));
});
