import { describe, expect, it } from "vitest";
import { parsePlan, parsePlans, PlanError, type Plan } from "./plan.ts";

describe("plans", () => {
  it("are kept as they are when they fit", () => {
    const plan: Plan = {
      latencyMs: 5,
      toolCalls: ["a", { name: "b", arguments: { c: [1] } }],
      reasoning: true,
      usage: null,
      steps: [{ ok: true }, { kind: "hang", afterTokens: 3, repeat: true }, { kind: "huge", bytes: 10 }],
      rateLimit: { requestsPerMinute: 0.5 },
    };
    expect(parsePlan(plan)).toEqual(plan);
    expect(parsePlans({ "*": plan, "org/m": {} })).toEqual({ "*": plan, "org/m": {} });
  });

  it.each([
    ["an unknown field", { latency: 1 }, /latency/],
    ["an unknown kind of step", { steps: [{ kind: "explode" }] }, /^steps\.0/],
    ["a field of another step", { steps: [{ kind: "empty", afterTokens: 1 }] }, /^steps\.0/],
    ["a status that is no error", { steps: [{ kind: "status", status: 200 }] }, /^steps\.0/],
    ["no speed at all", { tokensPerSecond: 0 }, /^tokensPerSecond/],
    ["something that is no object", "fast", /object/],
  ])("are refused with the field's name: %s", (_, plan, message) => {
    expect(() => parsePlan(plan)).toThrow(PlanError);
    expect(() => parsePlan(plan)).toThrow(message);
  });
});
