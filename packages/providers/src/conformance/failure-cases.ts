import type { CallFailure } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import type { CallLimits } from "../client/provider-call.ts";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import { conformanceKey } from "./conformance-bench.ts";
import type { ConformanceStep } from "./conformance-upstream.ts";
import type { BenchOf } from "./describe-provider.ts";
import { failureOf } from "./expect-reply.ts";

interface FailureCase {
  readonly name: string;
  readonly step: ConformanceStep;
  readonly expected: Partial<CallFailure>;
  readonly limits?: Partial<CallLimits>;
}

const badResponse = { class: "transient", code: "provider_bad_response" } as const;
const badStatus = (status: number): ConformanceStep => ({ kind: "status", status });

/** Failures that look the same whether the answer was to be streamed or not. */
const cases: readonly FailureCase[] = [
  {
    name: "429 with Retry-After is a rate limit with its wait",
    step: { kind: "status", status: 429, retryAfterSeconds: 2 },
    expected: { class: "rate_limited", providerStatus: 429, retryAfterMs: 2_000 },
  },
  {
    name: "429 without Retry-After is a rate limit without a wait",
    step: badStatus(429),
    expected: { class: "rate_limited", code: "provider_rate_limited", retryAfterMs: null },
  },
  { name: "500 is transient", step: badStatus(500), expected: { class: "transient", providerStatus: 500 } },
  { name: "503 is transient", step: badStatus(503), expected: { class: "transient", providerStatus: 503 } },
  {
    name: "529 is an overload, which is transient",
    step: badStatus(529),
    expected: { class: "transient", code: "provider_unavailable", providerStatus: 529 },
  },
  {
    name: "401 is about the credential",
    step: badStatus(401),
    expected: { class: "auth", code: "provider_auth_failed", providerStatus: 401 },
  },
  {
    name: "400 is a bad request",
    step: badStatus(400),
    expected: { class: "bad_request", code: "provider_bad_request", providerStatus: 400 },
  },
  {
    name: "a prompt that is too long is a context overflow",
    step: { kind: "context_overflow" },
    expected: { class: "context_overflow", code: "context_length_exceeded", providerStatus: 400 },
  },
  {
    name: "an account without credit is an exhausted quota",
    step: badStatus(402),
    expected: { class: "quota_exhausted", code: "provider_quota_exhausted" },
  },
  {
    name: "a connection reset before the answer is transient",
    step: { kind: "reset" },
    expected: { class: "transient", code: "provider_unreachable" },
  },
  { name: "an HTML page is a bad response", step: { kind: "wrong_content_type" }, expected: badResponse },
  { name: "an empty body is a bad response", step: { kind: "empty" }, expected: badResponse },
  {
    name: "silence is a timeout",
    step: { kind: "hang" },
    expected: { class: "transient", code: "provider_timeout" },
    limits: { headersTimeoutMs: 80 },
  },
];

/** Failures of an answer in one piece. */
const wholeAnswerCases: readonly FailureCase[] = [
  { name: "JSON that breaks off", step: { kind: "malformed_json" }, expected: badResponse },
  {
    name: "a reset in the middle",
    step: { kind: "reset", afterTokens: 1 },
    expected: { class: "transient", code: "provider_unreachable" },
  },
  {
    name: "silence in the middle",
    step: { kind: "hang", afterTokens: 1 },
    expected: { class: "transient", code: "provider_timeout" },
    limits: { idleTimeoutMs: 80 },
  },
  {
    name: "a body above the size limit",
    step: { kind: "huge", bytes: 300_000 },
    expected: { class: "fatal", code: "provider_bad_response" },
    limits: { maxResponseBytes: 100_000 },
  },
  {
    name: "a body without end",
    step: { kind: "endless_stream" },
    expected: { class: "transient", code: "provider_timeout" },
    limits: { totalTimeoutMs: 150 },
  },
];

/** Every kind of failure, classified, and the key in none of them. */
export function testFailures(definition: ProviderDefinition, benchOf: BenchOf): void {
  describe.each([
    ["whole", false],
    ["streamed", true],
  ])("when the answer is to be %s", (_name, stream) => {
    test.each(cases)("$name", async ({ step, expected, limits = {} }) => {
      const { reply } = await benchOf().call({ plan: { steps: [step] }, stream, limits });
      expect(failureOf(reply)).toMatchObject(expected);
      expect(failureOf(reply).message).not.toBe("");
    });

    test("the key is in no failure, even when the server repeats it", async () => {
      const message = `the key ${conformanceKey} is wrong`;
      for (const status of [400, 401, 403, 429, 500]) {
        const step: ConformanceStep = { kind: "status", status, message };
        const { reply } = await benchOf().call({ plan: { steps: [step] }, stream });
        expect(failureOf(reply).providerMessage).toContain("is wrong");
        expect(JSON.stringify(reply)).not.toContain(conformanceKey);
      }
    });
  });

  test.each(wholeAnswerCases)("$name fails the call", async ({ step, expected, limits = {} }) => {
    const { reply } = await benchOf().call({ plan: { steps: [step] }, limits });
    expect(failureOf(reply)).toMatchObject(expected);
  });

  test("an error object inside a 200 fails the call with the provider's words", async () => {
    const step: ConformanceStep = { kind: "error_in_200", message: "broken inside" };
    const { reply } = await benchOf().call({ plan: { steps: [step] } });
    expect(failureOf(reply)).toMatchObject({
      class: "transient",
      providerStatus: 200,
      providerMessage: "broken inside",
    });
  });

  test.runIf(definition.wireFormats.chat === "openai-chat")(
    "429 with insufficient_quota is an exhausted quota",
    async () => {
      const step: ConformanceStep = { kind: "status", status: 429, code: "insufficient_quota" };
      const { reply } = await benchOf().call({ plan: { steps: [step] } });
      expect(failureOf(reply)).toMatchObject({
        class: "quota_exhausted",
        providerCode: "insufficient_quota",
      });
    },
  );
}
