import { describe, expect, test } from "vitest";
import { callFailure } from "./call-failure.ts";
import { redactKeyInFailure, redactKeyInText } from "./redact-key.ts";

const apiKey = "sk-live-0123456789";

describe("redacting the API key", () => {
  test("takes every occurrence out of a raw body", () => {
    expect(redactKeyInText(`{"error":"bad ${apiKey} ${apiKey}"}`, apiKey)).toBe(
      '{"error":"bad [redacted] [redacted]"}',
    );
  });

  test("leaves the JSON around a very short key readable", () => {
    expect(redactKeyInText('{"error":"e"}', "e")).toBe('{"error":"e"}');
  });

  test("takes a key of any length out of what is kept of the provider's words", () => {
    const failure = {
      ...callFailure("auth", { code: "provider_auth_failed", message: "refused" }),
      providerMessage: "key k1 is wrong: k1",
      providerCode: "bad_k1",
    };
    const redacted = redactKeyInFailure(failure, "k1");
    expect(redacted.providerMessage).toBe("key [redacted] is wrong: [redacted]");
    expect(redacted.providerCode).toBe("bad_[redacted]");
  });

  test("does nothing without a key", () => {
    expect(redactKeyInText("text", null)).toBe("text");
    const failure = callFailure("auth", { code: "provider_auth_failed", message: "refused" });
    expect(redactKeyInFailure(failure, null)).toEqual(failure);
    expect(redactKeyInFailure(failure, "")).toEqual(failure);
  });
});
