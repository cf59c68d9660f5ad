import type { Gateway } from "@tokenhub/gateway";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

let site: Site;
let gateway: Gateway;

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) =>
      catalogueOf(
        mockUrl,
        {
          // The largest is the cheapest and the heaviest, so that only its size can speak against it.
          library: {
            models: {
              "window-24k": { context: 24_000 },
              "window-32k": { context: 32_000 },
              "window-128k": { context: 128_000 },
              "window-1m": { context: 1_000_000, weight: 100, price: 0.0001 },
            },
          },
          claude: { type: "anthropic", models: { "claude-24k": { context: 24_000 } } },
        },
        { reader: ["window-24k", "window-32k"] },
      ),
  });
  gateway = await site.startAll();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  site.mock.clearCalls();
  site.mock.clearPlans();
});

const calledModels = () => site.mock.calls().map((call) => call.model);
const overflow = { steps: [{ kind: "context_overflow" as const, maximumTokens: 24_000, repeat: true }] };
const textOfTokens = (tokens: number) => "word".repeat(tokens);

describe("a context overflow that only the provider noticed", () => {
  it("moves a short conversation to the next larger context, past larger ones that score better", async () => {
    site.mock.plan("up-window-24k", overflow);
    const answer = await ask(gateway, { model: "window-24k", wishes: { allow_fallback: true } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tokenhub-model")).toBe("window-32k");
    expect(answer.headers.get("x-tokenhub-reason")).toBe("fallback after context_overflow");
    expect(calledModels()).toEqual(["up-window-24k", "up-window-32k"]);
    const { attempts } = await rowOf(site, answer.requestId);
    expect(attempts.map((attempt) => attempt.failure?.class ?? "answered")).toEqual([
      "context_overflow",
      "answered",
    ]);
  });

  it("moves a long one to the smallest context with room for twice its size", async () => {
    site.mock.plan("up-window-24k", overflow);
    const answer = await ask(gateway, {
      model: "window-24k",
      content: textOfTokens(18_000),
      wishes: { allow_fallback: true },
    });
    expect(answer.headers.get("x-tokenhub-model")).toBe("window-128k");
    expect(calledModels()).toEqual(["up-window-24k", "up-window-128k"]);
  });

  it("climbs step by step when the next one overflows too", async () => {
    site.mock.plan("up-window-24k", overflow);
    site.mock.plan("up-window-32k", overflow);
    const answer = await ask(gateway, { model: "window-24k", wishes: { allow_fallback: true } });
    expect(answer.headers.get("x-tokenhub-model")).toBe("window-128k");
    expect(answer.headers.get("x-tokenhub-attempts")).toBe("3");
  });

  it("stays within an alias", async () => {
    site.mock.plan("up-window-24k", overflow);
    site.mock.plan("up-window-32k", overflow);
    const answer = await ask(gateway, { model: "reader" });
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "context_length_exceeded" } } });
    expect(calledModels()).not.toContain("up-window-128k");
  });

  it.each([
    ["window-24k", "openai", { error: { type: "invalid_request_error", code: "context_length_exceeded" } }],
    ["claude-24k", "anthropic", { type: "error", error: { type: "invalid_request_error" } }],
  ] as const)(
    "is the caller's to know when %s is named strictly, in the %s format",
    async (model, format, body) => {
      site.mock.plan(`up-${model}`, overflow);
      const answer = await ask(gateway, { model, format });
      expect(answer).toMatchObject({ status: 400, json: body });
      expect(answer.headers.get("x-should-retry")).toBe("false");
      expect(calledModels()).toEqual([`up-${model}`]);
      expect(await rowOf(site, answer.requestId)).toMatchObject({ errorCode: "context_length_exceeded" });
    },
  );

  it("goes nowhere when the caller forbids escalation", async () => {
    site.mock.plan("up-window-24k", overflow);
    const answer = await ask(gateway, {
      model: "window-24k",
      wishes: { allow_fallback: true, allow_escalation: false },
    });
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "context_length_exceeded" } } });
    expect(calledModels()).toEqual(["up-window-24k"]);
  });

  it("does not speak against the provider: it is called again at once", async () => {
    site.mock.plan("up-window-24k", overflow);
    for (let index = 0; index < 5; index += 1)
      expect((await ask(gateway, { model: "window-24k" })).status).toBe(400);
    site.mock.clearPlans();
    expect((await ask(gateway, { model: "window-24k" })).status).toBe(200);
  });
});

describe("a conversation that is known to be too long", () => {
  it.each([
    ["openai", { error: { code: "context_length_exceeded" } }],
    ["anthropic", { type: "error", error: { type: "invalid_request_error" } }],
  ] as const)("is refused without a call when its model is named strictly (%s)", async (format, body) => {
    const answer = await ask(gateway, { model: "window-24k", format, content: textOfTokens(30_000) });
    expect(answer).toMatchObject({ status: 400, json: body });
    expect(calledModels()).toEqual([]);
  });

  it("goes to a model it fits into when fallback is allowed", async () => {
    const answer = await ask(gateway, {
      model: "window-24k",
      content: textOfTokens(30_000),
      headers: { "x-tokenhub-allow-fallback": "true" },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tokenhub-reason")).toBe("fallback after context_too_small");
    expect(calledModels()).toHaveLength(1);
    const { decision } = await rowOf(site, answer.requestId);
    expect(decision?.considered).toContainEqual({
      modelId: "window-24k",
      providerId: "library",
      outcome: "skipped",
      score: null,
      estimatedCostUsd: expect.any(Number),
      skipReason: "context_too_small",
      detail: expect.stringMatching(/^needs 34\d{3} tokens, context is 24000$/),
    });
  });
});
