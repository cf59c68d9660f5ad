import { describe, expect, test } from "vitest";
import { readSeriesQuery, seriesQuerySchema } from "./series-query.ts";
import { timeQuery } from "./time-query.ts";

const nowMs = Date.parse("2026-11-21T12:00:00Z");
const read = (query: Record<string, string>) => readSeriesQuery(seriesQuerySchema.parse(query), { nowMs });

describe("S1-33: a question to the time series", () => {
  test("without anything but a metric is about the last day, in steps of whole minutes", () => {
    expect(read({ metric: "latency" })).toEqual({
      metric: "latency",
      modelId: undefined,
      providerId: undefined,
      fromMs: nowMs + 1 - 86_400_000,
      toMs: nowMs + 1,
      stepMs: 180_000,
    });
  });

  test.each([
    ["model", "provider", "step"],
    ["model_id", "provider_id", "step_ms"],
  ])("takes the spelling %s, %s, %s", (model, provider, step) => {
    expect(read({ metric: "cost", [model]: "a/b", [provider]: "p", [step]: "60000" })).toMatchObject({
      modelId: "a/b",
      providerId: "p",
      stepMs: 60_000,
    });
  });

  test("without a metric is refused and says where the metrics are listed", () => {
    expect(() => read({})).toThrow("metric parameter required");
  });

  test("for more points than it should bring is refused with the step that would do", () => {
    const start = String(nowMs - 365 * 86_400_000);
    expect(() => read({ metric: "latency", start, step: "60000" })).toThrow(
      "Use a step of at least 6360000 ms",
    );
    expect(read({ metric: "latency", start, step: "6360000" }).stepMs).toBe(6_360_000);
  });

  test("that ends before it begins is refused", () => {
    expect(() => read({ metric: "latency", start: "2000", end: "1000" })).toThrow("ends before it begins");
  });
});

describe("a time in a query", () => {
  test.each([
    ["2026-11-21T12:00:00Z", nowMs],
    ["2026-11-21T13:00:00+01:00", nowMs],
    ["2026-11-21T13:00:00 01:00", nowMs],
    ["2026-11-21T12:00:00.000z", nowMs],
    [String(nowMs), nowMs],
    ["0", 0],
  ])("%s", (text, timeMs) => {
    expect(timeQuery.parse(text)).toBe(timeMs);
  });

  test.each(["yesterday", "2026-11-21", "2026-11-21T12:00:00", "", "1e3", "2026-13-41T00:00:00Z"])(
    "%s is none",
    (text) => {
      expect(timeQuery.safeParse(text).success).toBe(false);
    },
  );
});
