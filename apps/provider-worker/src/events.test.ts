import type { CallFailure, CallJob } from "@tokenhub/contracts";
import { createLogger, createMetrics } from "@tokenhub/telemetry";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createCallEvents } from "./events.ts";

function setUp() {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const events = createCallEvents({
    logger: createLogger({ service: "provider-worker", level: "debug", destination }),
    metrics: createMetrics({ service: "provider-worker" }),
    tracing: { current: () => null },
  });
  return { events, lines };
}

const job = {
  requestId: "req_0123456789abcdef",
  round: 0,
  decision: { chosen: { modelId: "m", providerId: "p" } },
} as unknown as CallJob;
const recovery = { kind: "give_up" } as Parameters<ReturnType<typeof setUp>["events"]["failed"]>[2];

test.each([
  ["auth", "provider_auth_failed", 401, "key"],
  ["quota_exhausted", "provider_quota_exhausted", 429, "quota"],
  ["rate_limited", "provider_rate_limited", 429, "rate limit"],
  ["transient", "provider_error", 500, "status"],
  ["transient", "provider_unavailable", 503, "status"],
  ["transient", "provider_unreachable", null, "connectivity"],
  ["fatal", "provider_unreachable", null, "connectivity"],
  ["transient", "provider_timeout", null, "timeout"],
  ["transient", "provider_bad_response", 200, "answer"],
  ["bad_request", "provider_bad_request", 400, "request"],
  ["context_overflow", "context_length_exceeded", 400, "request"],
] as const)(
  "S4-48: a failure of class %s with code %s and status %s is logged as a problem of: %s",
  (...row) => {
    const [failureClass, code, providerStatus, problem] = row;
    const { events, lines } = setUp();
    const failure: CallFailure = {
      class: failureClass,
      code,
      message: "What happened.",
      providerStatus,
      providerMessage: "quotes the prompt",
      providerCode: null,
      retryAfterMs: null,
    };
    events.failed(job, failure, recovery);
    expect(lines).toMatchObject([
      {
        level: "warn",
        requestId: job.requestId,
        problem,
        code,
        providerStatus,
        modelId: "m",
        providerId: "p",
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain("quotes the prompt");
  },
);
