import { describe, expect, test } from "vitest";
import { ProviderAdapterError } from "../extend/provider-adapter-error.ts";
import { adapterFailure } from "./adapter-failure.ts";

const apiKey = "sk-adapter-0123456789";
const classify = (error: unknown) => adapterFailure(error, { apiKey });

function networkError(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error("connect"), { code }) });
}

describe("what a provider class throws", () => {
  test.each<[string, unknown, object]>([
    [
      "429 with a wait",
      new ProviderAdapterError("slow down", { status: 429, retryAfterMs: 1_500 }),
      {
        class: "rate_limited",
        code: "provider_rate_limited",
        providerStatus: 429,
        retryAfterMs: 1_500,
        providerMessage: "slow down",
      },
    ],
    ["401", new ProviderAdapterError("no", { status: 401 }), { class: "auth", code: "provider_auth_failed" }],
    ["402", new ProviderAdapterError("no", { status: 402 }), { class: "quota_exhausted" }],
    [
      "a named overflow",
      new ProviderAdapterError("long", { status: 400, code: "context_length_exceeded" }),
      { class: "context_overflow", providerCode: "context_length_exceeded" },
    ],
    ["400", new ProviderAdapterError("odd", { status: 400 }), { class: "bad_request" }],
    [
      "503",
      new ProviderAdapterError("down", { status: 503 }),
      { class: "transient", code: "provider_unavailable" },
    ],
    [
      "an error of another library with a status",
      Object.assign(new Error("x"), { status: 500 }),
      { class: "transient", code: "provider_error" },
    ],
    [
      "an error with a status that is none",
      Object.assign(new Error("x"), { status: 200 }),
      { class: "transient", providerStatus: null },
    ],
    [
      "a wait that is none",
      Object.assign(new Error("x"), { status: 429, retryAfterMs: Number.NaN }),
      { class: "rate_limited", retryAfterMs: null },
    ],
    [
      "a refused connection",
      networkError("ECONNREFUSED"),
      { class: "transient", code: "provider_unreachable" },
    ],
    [
      "a timeout of the network",
      networkError("UND_ERR_CONNECT_TIMEOUT"),
      { class: "transient", code: "provider_unreachable" },
    ],
    [
      "a bad certificate",
      networkError("DEPTH_ZERO_SELF_SIGNED_CERT"),
      { class: "transient", code: "provider_unreachable" },
    ],
    [
      "a mistake of the class",
      new TypeError("x is not a function"),
      { class: "fatal", code: "provider_error", providerMessage: "x is not a function" },
    ],
    [
      "an ordinary error",
      new Error("it broke"),
      { class: "transient", code: "provider_error", providerMessage: "it broke" },
    ],
    [
      "something that is no error",
      "it broke",
      { class: "transient", code: "provider_error", providerMessage: null },
    ],
    ["nothing", undefined, { class: "transient", code: "provider_error" }],
  ])("%s is classified", (_name, error, expected) => {
    expect(classify(error)).toMatchObject(expected);
  });

  test("the key is in no failure, and the words are bounded", () => {
    const error = new ProviderAdapterError(`key ${apiKey} refused ${"x".repeat(5_000)}`, {
      status: 401,
      code: apiKey,
    });
    for (const thrown of [error, new Error(apiKey), new TypeError(apiKey)]) {
      const failure = classify(thrown);
      expect(JSON.stringify(failure)).not.toContain(apiKey);
      expect(failure.providerMessage?.length ?? 0).toBeLessThanOrEqual(2_000);
    }
  });
});
