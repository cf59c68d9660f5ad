import { TokenHubError, type RequestFinishedFact, type RequestResult } from "@tokenhub/contracts";
import { createLogger, createMetrics } from "@tokenhub/telemetry";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createGatewayEvents } from "./events.ts";
import type { Submission } from "./sync/submit-request.ts";

const acceptedAtMs = 1_000_000;

function setUp() {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const metrics = createMetrics({ service: "gateway" });
  const clock = { nowMs: acceptedAtMs };
  const events = createGatewayEvents({
    logger: createLogger({ service: "gateway", level: "debug", destination }),
    metrics,
    tracing: { spanOf: () => null },
    now: () => clock.nowMs,
  });
  const text = (): Promise<string> => metrics.registry.metrics();
  return { events, lines, clock, text };
}

/** The value of the series with these labels; undefined when there is none. */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const line = text
    .split("\n")
    .find(
      (candidate) =>
        candidate.startsWith(`${name}{`) &&
        Object.entries(labels).every(([label, value]) => candidate.includes(`${label}="${value}"`)),
    );
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ")));
}

function submissionOf(overrides: { mode?: string } = {}): Submission {
  return {
    requestId: "req_0123456789abcdef",
    tenantId: "default",
    traceparent: null,
    acceptedAtMs,
    features: {
      operation: "chat",
      stream: false,
      requestedModel: "m",
      policy: { mode: overrides.mode ?? "normal" },
    },
  } as unknown as Submission;
}

const call = {
  modelId: "m",
  providerId: "p",
  round: 0,
  startedAtMs: acceptedAtMs + 50,
  durationMs: 400,
  called: true,
};
const usage = {
  inputTokens: 30,
  outputTokens: 20,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};

function failureOf(failureClass: string) {
  return { class: failureClass, code: "provider_error", providerStatus: 500 };
}

function resultOf(overrides: object = {}): RequestResult {
  return {
    v: 1,
    requestId: "req_0123456789abcdef",
    outcome: "succeeded",
    stream: false,
    modelId: "m",
    providerId: "p",
    usage,
    costUsd: 0.25,
    failure: null,
    attempts: [{ ...call, failure: null }],
    decision: { considered: [] },
    refusal: null,
    timeToFirstTokenMs: null,
    durationMs: 450,
    ...overrides,
  } as unknown as RequestResult;
}

function deliver(
  events: ReturnType<typeof setUp>["events"],
  result: RequestResult | null,
  more: object = {},
): void {
  events.delivered({
    endpoint: "/v1/chat/completions",
    submission: submissionOf(),
    result,
    status: 200,
    finishedAtMs: acceptedAtMs + 500,
    ...more,
  });
}

describe("requests", () => {
  test("S2-54, S0-17: an answered request is counted with endpoint, mode, model, provider and status", async () => {
    const { events, text } = setUp();
    deliver(events, resultOf());
    const target = { mode: "normal", model: "m", provider: "p" };
    expect(
      valueOf(await text(), "tokenhub_requests_total", {
        endpoint: "/v1/chat/completions",
        ...target,
        status: "success",
      }),
    ).toBe(1);
    expect(valueOf(await text(), "tokenhub_request_latency_ms_sum", target)).toBe(500);
  });

  test("S2-54: every status is one of success, error and cancelled, whatever happened", async () => {
    const { events, text } = setUp();
    deliver(events, resultOf());
    deliver(events, resultOf({ outcome: "failed", failure: failureOf("transient") }), { status: 502 });
    deliver(events, resultOf({ outcome: "cancelled", failure: failureOf("cancelled") }), { status: 499 });
    deliver(events, null, { status: 504 });
    events.abandoned({ endpoint: "/v1/messages", submission: submissionOf(), finishedAtMs: acceptedAtMs });
    events.refused({
      requestId: "req_1",
      path: "/v1/chat",
      remoteAddress: null,
      error: new TokenHubError("invalid_json", "no"),
    });
    const statuses = [...(await text()).matchAll(/^tokenhub_requests_total\{.*status="(\w*)"/gm)].map(
      (match) => String(match[1]),
    );
    expect(statuses.toSorted()).toEqual(["cancelled", "cancelled", "error", "error", "error", "success"]);
  });

  test("a request that failed is counted with the HTTP status of its answer, a refused one without a model", async () => {
    const { events, text } = setUp();
    deliver(events, resultOf({ outcome: "failed", failure: failureOf("transient") }), { status: 502 });
    events.refused({
      requestId: "req_1",
      path: "/v1/chat/completions",
      remoteAddress: null,
      error: new TokenHubError("model_not_found", "no"),
    });
    events.refused({
      requestId: "req_2",
      path: "/v1/models/absent",
      remoteAddress: null,
      error: new TokenHubError("model_not_found", "no"),
    });
    expect(valueOf(await text(), "tokenhub_request_errors_total", { model: "m", http_status: "502" })).toBe(
      1,
    );
    expect(valueOf(await text(), "tokenhub_request_errors_total", { model: "", http_status: "404" })).toBe(1);
  });

  test("S2-55: a request's duration is observed in seconds by endpoint; a refused one, which took none, is not", async () => {
    const { events, text } = setUp();
    deliver(events, resultOf());
    events.refused({
      requestId: "req_1",
      path: "/v1/chat/completions",
      remoteAddress: null,
      error: new TokenHubError("invalid_json", "no"),
    });
    const endpoint = "/v1/chat/completions";
    expect(valueOf(await text(), "tokenhub_request_duration_seconds_count", { endpoint })).toBe(1);
    expect(valueOf(await text(), "tokenhub_request_duration_seconds_sum", { endpoint })).toBe(0.5);
    expect(valueOf(await text(), "tokenhub_request_duration_seconds_bucket", { le: "0.5", endpoint })).toBe(
      1,
    );
    expect(valueOf(await text(), "tokenhub_request_duration_seconds_bucket", { le: "0.25", endpoint })).toBe(
      0,
    );
  });

  test("labels stay bounded when a thousand models, providers and paths pass by", async () => {
    const { events, text } = setUp();
    for (let index = 0; index < 1_000; index += 1) {
      const names = { modelId: `m${index}`, providerId: `p${index}` };
      deliver(events, resultOf({ ...names, attempts: [{ ...call, ...names, failure: null }] }), {
        endpoint: `/v1/odd/${index}`,
      });
    }
    const shown = await text();
    expect(new Set([...shown.matchAll(/ model="([^"]*)"|,model="([^"]*)"/g)].map(String)).size).toBeLessThan(
      302,
    );
    expect(shown.split("\n").length).toBeLessThan(20_000);
    expect(shown).toContain('endpoint="other"');
    expect(valueOf(shown, "tokenhub_tokens_used_total", { model: "other" })).toBeGreaterThan(0);
  });
});

describe("usage", () => {
  test("S2-56: tokens are counted by model, and by direction beside it", async () => {
    const { events, text } = setUp();
    deliver(events, resultOf());
    expect(valueOf(await text(), "tokenhub_tokens_used_total", { model: "m" })).toBe(50);
    expect(valueOf(await text(), "tokenhub_tokens_total", { model: "m", direction: "input" })).toBe(30);
    expect(valueOf(await text(), "tokenhub_tokens_total", { model: "m", direction: "output" })).toBe(20);
  });

  test("S2-57: every call to a model is counted by model and status, what was no call is not", async () => {
    const { events, text } = setUp();
    deliver(
      events,
      resultOf({
        attempts: [
          { ...call, failure: failureOf("transient") },
          { ...call, modelId: "n", failure: failureOf("transient"), called: false },
          { ...call, failure: null },
        ],
      }),
    );
    expect(valueOf(await text(), "tokenhub_model_calls_total", { model: "m", status: "error" })).toBe(1);
    expect(valueOf(await text(), "tokenhub_model_calls_total", { model: "m", status: "success" })).toBe(1);
    expect(valueOf(await text(), "tokenhub_model_calls_total", { model: "n" })).toBeUndefined();
  });

  test("known costs are added up; an unknown one is counted as unknown, not as 0", async () => {
    const { events, text } = setUp();
    deliver(events, resultOf());
    deliver(events, resultOf());
    deliver(events, resultOf({ modelId: "unpriced", costUsd: null }));
    deliver(events, resultOf({ modelId: "free", costUsd: 0 }));
    expect(valueOf(await text(), "tokenhub_cost_usd_total", { model: "m" })).toBe(0.5);
    expect(valueOf(await text(), "tokenhub_cost_usd_total", { model: "unpriced" })).toBeUndefined();
    expect(valueOf(await text(), "tokenhub_unpriced_requests_total", { model: "unpriced" })).toBe(1);
    expect(valueOf(await text(), "tokenhub_unpriced_requests_total", { model: "free" })).toBeUndefined();
  });

  test("what a cancelled request used is counted once, when its record arrives", async () => {
    const { events, text } = setUp();
    const cancelled = resultOf({ outcome: "cancelled", failure: failureOf("cancelled") });
    const seen = new Set<unknown>();
    const store = events.watchFacts({
      async record({ finished }) {
        const fresh = finished.filter((fact) => !seen.has(fact));
        for (const fact of fresh) seen.add(fact);
        return { fresh, rows: fresh.length };
      },
    });
    deliver(events, cancelled);
    deliver(events, resultOf({ modelId: "done" }));
    const fact = (lane: string, result: RequestResult) =>
      ({ lane, result }) as unknown as RequestFinishedFact;
    const finished = [
      fact("interactive", cancelled),
      fact("interactive", resultOf({ modelId: "done" })),
      fact("batch", resultOf({ modelId: "nobody-waited" })),
    ];
    expect(await store.record({ finished, incidents: [], runs: [] })).toMatchObject({ rows: 3 });
    // A crash between writing and acknowledging brings them again.
    await store.record({ finished, incidents: [], runs: [] });
    for (const model of ["m", "done", "nobody-waited"])
      expect([model, valueOf(await text(), "tokenhub_tokens_used_total", { model })]).toEqual([model, 50]);
  });

  test("what could not be recorded is not counted, because it will come again", async () => {
    const { events, text } = setUp();
    const store = events.watchFacts({ record: () => Promise.reject(new Error("database is locked")) });
    const fact = { lane: "batch", result: resultOf() } as unknown as RequestFinishedFact;
    await expect(store.record({ finished: [fact], incidents: [], runs: [] })).rejects.toThrow("locked");
    expect(valueOf(await text(), "tokenhub_tokens_used_total", { model: "m" })).toBeUndefined();
  });
});

describe("the course of a request", () => {
  test("retries, escalations and waits are told apart", async () => {
    const { events, text } = setUp();
    deliver(
      events,
      resultOf({
        attempts: [
          { ...call, startedAtMs: acceptedAtMs + 100, durationMs: 50, failure: failureOf("transient") },
          { ...call, startedAtMs: acceptedAtMs + 1_000, durationMs: 50, failure: failureOf("rate_limited") },
          { ...call, providerId: "q", startedAtMs: acceptedAtMs + 1_250, durationMs: 50, failure: null },
        ],
      }),
    );
    const shown = await text();
    expect(valueOf(shown, "tokenhub_retries_total", { provider: "p", reason: "transient" })).toBe(1);
    expect(valueOf(shown, "tokenhub_escalations_total", { reason: "rate_limited" })).toBe(1);
    expect(valueOf(shown, "tokenhub_queue_wait_seconds_sum", { queue: "call.p" })).toBeCloseTo(0.1);
    expect(valueOf(shown, "tokenhub_queue_wait_seconds_sum", { queue: "call.q" })).toBeCloseTo(0.2);
    expect(shown.match(/^tokenhub_(?:retries|escalations)_total\{/gm)).toHaveLength(2);
  });

  test("the speed of a stream is measured after its first token, that of a whole answer over its call", async () => {
    const { events, text } = setUp();
    deliver(events, resultOf({ modelId: "stream", stream: true, timeToFirstTokenMs: 250, durationMs: 450 }));
    deliver(events, resultOf({ modelId: "whole" }));
    deliver(events, resultOf({ modelId: "instant", stream: true, timeToFirstTokenMs: 450 }));
    const shown = await text();
    expect(valueOf(shown, "tokenhub_tokens_per_second_sum", { model: "stream" })).toBe(100);
    expect(valueOf(shown, "tokenhub_tokens_per_second_sum", { model: "whole" })).toBe(50);
    expect(valueOf(shown, "tokenhub_tokens_per_second_sum", { model: "instant" })).toBeUndefined();
    expect(valueOf(shown, "tokenhub_time_to_first_token_seconds_sum", { model: "stream" })).toBe(0.25);
  });

  test("candidates that were passed over are counted by provider and reason, of decisions and refusals alike", async () => {
    const { events, text } = setUp();
    const considered = [
      { providerId: "p", skipReason: null },
      { providerId: "q", skipReason: "breaker_open" },
      { providerId: "r", skipReason: "not_named" },
    ];
    deliver(events, resultOf({ decision: { considered } }));
    deliver(events, resultOf({ outcome: "failed", decision: null, refusal: { considered } }), {
      status: 503,
    });
    const shown = await text();
    expect(valueOf(shown, "tokenhub_provider_skips_total", { provider: "q", reason: "breaker_open" })).toBe(
      2,
    );
    expect(shown.match(/^tokenhub_provider_skips_total\{/gm)).toHaveLength(1);
  });
});

describe("refusals", () => {
  const refuse = (code: ConstructorParameters<typeof TokenHubError>[0], path = "/v1/chat/completions") => ({
    requestId: "req_1",
    path,
    remoteAddress: "203.0.113.7",
    error: new TokenHubError(code, "the message stays out of the log"),
  });

  test("S4-45: a failed authentication and a lock-out are logged with the source address and the code, at level warn", () => {
    const { events, lines } = setUp();
    events.refused(refuse("missing_api_key"));
    events.refused(refuse("invalid_api_key"));
    events.refused(refuse("admin_unauthorized", "/admin/v1/models"));
    events.refused(refuse("admin_forbidden", "/admin/v1/models"));
    events.refused(refuse("too_many_attempts", "/admin/v1/login"));
    events.refused(refuse("invalid_json"));
    expect(lines.map(({ level, code, remoteAddress, msg }) => [level, code, remoteAddress, msg])).toEqual([
      ["warn", "missing_api_key", "203.0.113.7", "authentication failed"],
      ["warn", "invalid_api_key", "203.0.113.7", "authentication failed"],
      ["warn", "admin_unauthorized", "203.0.113.7", "authentication failed"],
      ["warn", "admin_forbidden", "203.0.113.7", "access refused"],
      ["warn", "too_many_attempts", "203.0.113.7", "locked out after too many failed attempts"],
    ]);
  });

  test("S4-45: a flood of wrong keys writes a bounded number of lines, and says how many it left out", () => {
    const { events, lines, clock } = setUp();
    for (let index = 0; index < 5_000; index += 1) events.refused(refuse("invalid_api_key"));
    expect(lines.length).toBeLessThanOrEqual(60);
    clock.nowMs += 60_000;
    events.refused(refuse("invalid_api_key"));
    expect(lines.at(-1)).toMatchObject({ suppressed: 5_000 - 60 });
  });

  test("requests over a limit of ours are counted, those of the admin API apart; a provider's limit is not ours", async () => {
    const { events, text } = setUp();
    events.refused(refuse("rate_limited"));
    events.refused(refuse("rate_limited"));
    events.refused(refuse("rate_limited", "/admin/v1/models"));
    events.refused(refuse("budget_exceeded"));
    deliver(events, resultOf({ outcome: "failed", failure: failureOf("rate_limited") }), { status: 429 });
    expect(valueOf(await text(), "tokenhub_rate_limited_total", {})).toBe(2);
    expect(valueOf(await text(), "tokenhub_admin_rate_limited_total", {})).toBe(1);
  });
});

test("counters that an alarm watches are there before their first event", async () => {
  const { text } = setUp();
  for (const op of ["audit", "log_request", "log_reward", "save_vault", "upsert_model"])
    expect(valueOf(await text(), "tokenhub_store_dropped_total", { op })).toBe(0);
  expect(valueOf(await text(), "tokenhub_rate_limited_total", {})).toBe(0);
});
