import { failureClassSchema, type ErrorCode, type FailureClass } from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyStatus, type ProviderAnswer } from "./classify-status.ts";

function classify(status: number, words: Partial<ProviderAnswer> = {}) {
  return classifyStatus({ status, code: null, type: null, message: null, ...words });
}

describe("by status alone", () => {
  test.each<[number, FailureClass, ErrorCode]>([
    [302, "fatal", "provider_error"],
    [400, "bad_request", "provider_bad_request"],
    [401, "auth", "provider_auth_failed"],
    [402, "quota_exhausted", "provider_quota_exhausted"],
    [403, "auth", "provider_auth_failed"],
    [404, "fatal", "provider_error"],
    [405, "fatal", "provider_error"],
    [407, "auth", "provider_auth_failed"],
    [408, "transient", "provider_timeout"],
    [409, "transient", "provider_error"],
    [410, "fatal", "provider_error"],
    [413, "bad_request", "provider_bad_request"],
    [415, "bad_request", "provider_bad_request"],
    [422, "bad_request", "provider_bad_request"],
    [425, "transient", "provider_error"],
    [429, "rate_limited", "provider_rate_limited"],
    [500, "transient", "provider_error"],
    [502, "transient", "provider_error"],
    [503, "transient", "provider_unavailable"],
    [504, "transient", "provider_timeout"],
    [529, "transient", "provider_unavailable"],
    [599, "transient", "provider_error"],
  ])("S1d-31, S1d-34: %d is %s (%s)", (status, failureClass, code) => {
    expect(classify(status)).toEqual({ class: failureClass, code });
  });
});

describe("an overflow of the context is recognised", () => {
  test.each<[string, number, Partial<ProviderAnswer>]>([
    ["by OpenAI's code", 400, { code: "context_length_exceeded", type: "invalid_request_error" }],
    ["by that code whatever the status", 500, { code: "CONTEXT_LENGTH_EXCEEDED" }],
    [
      "by Anthropic's sentence",
      400,
      { type: "invalid_request_error", message: "prompt is too long: 210000 tokens > 200000 maximum" },
    ],
    [
      "by Anthropic's sentence about both limits",
      400,
      { message: "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000" },
    ],
    [
      "by the model's maximum",
      400,
      { message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens." },
    ],
    ["by the context window", 400, { message: "Your input exceeds the context window of this model." }],
    [
      "by a count of tokens",
      400,
      { message: "The input token count (40000) exceeds the maximum number of tokens allowed (32768)." },
    ],
    ["by too many tokens", 400, { message: "Too many tokens in the prompt" }],
    ["by max_tokens that are too large", 400, { message: "max_tokens is too large: 100000" }],
    [
      "with status 413",
      413,
      { code: "tokens_limit_reached", message: "Request body too large for the model" },
    ],
    [
      "with status 422",
      422,
      { message: "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000" },
    ],
    ["with status 500", 500, { message: "The request exceeds the available context size" }],
  ])("S1d-31: %s", (_title, status, words) => {
    expect(classify(status, words)).toEqual({ class: "context_overflow", code: "context_length_exceeded" });
  });

  test("but not where the words mean something else", () => {
    expect(classify(429, { type: "tokens", message: "Too many tokens per minute" }).class).toBe(
      "rate_limited",
    );
    expect(classify(401, { message: "context window" }).class).toBe("auth");
    expect(classify(503, { message: "context length" }).class).toBe("transient");
    expect(
      classify(400, {
        message: "max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens",
      }).class,
    ).toBe("bad_request");
    expect(
      classify(413, { type: "request_too_large", message: "Request exceeds the maximum size" }).class,
    ).toBe("bad_request");
  });
});

describe("an account that has nothing left is recognised", () => {
  test.each<[string, number, Partial<ProviderAnswer>]>([
    [
      "by OpenAI's code",
      429,
      {
        code: "insufficient_quota",
        type: "insufficient_quota",
        message: "You exceeded your current quota, please check your plan and billing details.",
      },
    ],
    [
      "by OpenAI's sentence alone",
      429,
      { message: "You exceeded your current quota, please check your plan and billing details." },
    ],
    [
      "by Anthropic's credit balance",
      400,
      { type: "invalid_request_error", message: "Your credit balance is too low to access the API." },
    ],
    ["by Anthropic's type", 402, { type: "billing_error" }],
    ["by a hard limit", 400, { code: "billing_hard_limit_reached" }],
    ["by a proxy's budget", 400, { type: "budget_exceeded", message: "Budget has been exceeded!" }],
    ["by an empty balance", 403, { message: "Insufficient balance" }],
  ])("%s", (_title, status, words) => {
    expect(classify(status, words)).toEqual({ class: "quota_exhausted", code: "provider_quota_exhausted" });
  });

  test("but a limit that refills is a rate limit even when it is called a quota", () => {
    const quota = "You exceeded your current quota, please check your plan and billing details.";
    expect(classify(429, { message: `${quota} Please retry in 25.3s.` }).class).toBe("rate_limited");
    expect(classify(429, { message: `${quota} Limit: 10 per minute` }).class).toBe("rate_limited");
    expect(classify(429, { code: "rate_limit_exceeded", message: quota }).class).toBe("rate_limited");
    expect(classify(429, { type: "rate_limit_error" }).class).toBe("rate_limited");
  });
});

describe("a model the provider does not have", () => {
  test("is fatal for this candidate, not for the provider's credential or the caller", () => {
    for (const status of [400, 403, 404]) {
      expect(classify(status, { code: "model_not_found" })).toEqual({
        class: "fatal",
        code: "provider_error",
      });
    }
    expect(classify(404, { type: "not_found_error", message: "model: claude-9" }).class).toBe("fatal");
  });
});

test("any answer gets a class and a code of the tables, and a 5xx never blames the caller or the credential", () => {
  const text = fc.option(
    fc.oneof(fc.string(), fc.constantFrom("rate_limit_error", "tokens", "server_error")),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 }), text, text, text, (status, code, type, message) => {
      const verdict = classify(status, { code, type, message });
      expect(failureClassSchema.options).toContain(verdict.class);
      expect(status >= 500 && (verdict.class === "bad_request" || verdict.class === "auth")).toBe(false);
    }),
  );
});

test("a message of any length is read in bounded time", () => {
  expect(classify(400, { message: "x".repeat(1_000_000) + "context length" }).class).toBe("bad_request");
});
