import type { CallFailure } from "@tokenhub/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { callFailureSchema } from "@tokenhub/contracts";
import { readFailure } from "./read-failure.ts";

function read(status: number, body: unknown, headers: Record<string, string> = {}): CallFailure {
  const bodyText = typeof body === "string" ? body : JSON.stringify(body);
  return readFailure({ status, headers, bodyText, nowMs: Date.parse("2026-11-21T12:00:00Z") });
}

const openAi = (fields: Record<string, unknown>): unknown => ({ error: { message: "m", ...fields } });
const anthropic = (type: string, message = "m"): unknown => ({ type: "error", error: { type, message } });

describe("readFailure", () => {
  test.each<[string, number, unknown, CallFailure["class"]]>([
    ["OpenAI rate limit", 429, openAi({ type: "requests", code: "rate_limit_exceeded" }), "rate_limited"],
    [
      "OpenAI quota",
      429,
      openAi({ type: "insufficient_quota", code: "insufficient_quota" }),
      "quota_exhausted",
    ],
    ["OpenAI key", 401, openAi({ type: "invalid_request_error", code: "invalid_api_key" }), "auth"],
    [
      "OpenAI context",
      400,
      openAi({ type: "invalid_request_error", code: "context_length_exceeded" }),
      "context_overflow",
    ],
    ["OpenAI bad request", 400, openAi({ type: "invalid_request_error", code: null }), "bad_request"],
    ["OpenAI server", 500, openAi({ type: "server_error" }), "transient"],
    ["Anthropic key", 401, anthropic("authentication_error"), "auth"],
    ["Anthropic permission", 403, anthropic("permission_error"), "auth"],
    ["Anthropic rate limit", 429, anthropic("rate_limit_error"), "rate_limited"],
    [
      "Anthropic context",
      400,
      anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
      "context_overflow",
    ],
    ["Anthropic server", 500, anthropic("api_error"), "transient"],
    [
      "vLLM context",
      400,
      { object: "error", message: "This model's maximum context length is 4096 tokens", code: 400 },
      "context_overflow",
    ],
    ["a proxy's page", 502, "<html>Bad Gateway</html>", "transient"],
    ["a rate limit inside a 200", 200, openAi({ code: "rate_limit_exceeded" }), "rate_limited"],
    ["a numeric code inside a 200", 200, openAi({ code: 401 }), "auth"],
    ["an overload inside a 200", 200, anthropic("overloaded_error"), "transient"],
    ["something unknown inside a 200", 200, { error: "boom" }, "transient"],
  ])("%s (%i)", (_name, status, body, failureClass) => {
    expect(read(status, body)).toMatchObject({ class: failureClass, providerStatus: status });
  });

  test("Retry-After is kept in milliseconds, given in seconds or as a date", () => {
    const body = anthropic("rate_limit_error");
    expect(read(429, body, { "retry-after": "3" }).retryAfterMs).toBe(3_000);
    expect(read(429, body, { "retry-after": "Sat, 21 Nov 2026 12:00:05 GMT" }).retryAfterMs).toBe(5_000);
    expect(read(429, body).retryAfterMs).toBeNull();
  });

  test("the provider's words stay out of our message and within their limits", () => {
    const failure = read(
      400,
      openAi({ message: "quotes the prompt ".repeat(1_000), code: "c".repeat(1_000) }),
    );
    expect(failure.message).not.toContain("prompt");
    expect(failure.providerMessage).toHaveLength(2_000);
    expect(failure.providerCode).toHaveLength(200);
  });

  test("whatever a provider sends, the result fits the contract", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.oneof(fc.json(), fc.string()),
        (status, bodyText) => {
          expect(callFailureSchema.safeParse(read(status, bodyText)).error).toBeUndefined();
        },
      ),
    );
  });
});
