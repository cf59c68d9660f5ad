import { describe, expect, test } from "vitest";
import { buildAttempt, buildFact, buildFailure } from "../recorder/build-fact.fixture.ts";
import { eventsOfFact } from "./events-of-fact.ts";

const names = { of: (keyId: string | null) => (keyId === null ? null : "search team") };

describe("the events of a finished request", () => {
  test("tell of an answer with model, latency, cost, tokens and key", () => {
    const fact = buildFact(1);
    expect(eventsOfFact(fact, names)).toEqual([
      {
        type: "route_success",
        timestampMs: fact.finishedAtMs,
        data: {
          type: "route_success",
          timestamp: new Date(fact.finishedAtMs).toISOString(),
          request_id: fact.result.requestId,
          tenant_id: "tenant-a",
          api_key_id: "key_one",
          api_key_name: "search team",
          model_id: "gpt",
          provider_id: "openai",
          mode: "normal",
          reason: "objective/normal score=-0.1 of 2",
          latency_ms: 500,
          cost_usd: 0.001,
          input_tokens: 10,
          output_tokens: 20,
          total_tokens: 30,
          attempts: 1,
        },
      },
    ]);
  });

  test("are in the order of what happened: a stream that began after two failures", () => {
    const first = buildAttempt({ modelId: "claude", providerId: "anthropic", startedAtMs: 1_000 });
    const attempts = [
      { ...first, failure: buildFailure({ class: "transient" }) },
      { ...first, startedAtMs: 1_400, failure: buildFailure({ class: "auth" }) },
      buildAttempt({ startedAtMs: 2_000, round: 1 }),
    ];
    const fact = buildFact(1, {
      acceptedAtMs: 900,
      finishedAtMs: 3_000,
      result: { stream: true, timeToFirstTokenMs: 1_500, attempts },
    });
    const events = eventsOfFact(fact, names);
    expect(events.map(({ type, timestampMs }) => [type, timestampMs])).toEqual([
      ["escalation", 2_000],
      ["stream_started", 2_400],
      ["route_success", 3_000],
    ]);
    // A retry on the same model is no escalation.
    expect(events[0]?.data).toMatchObject({
      from_model_id: "claude",
      from_provider_id: "anthropic",
      model_id: "gpt",
      provider_id: "openai",
      error_class: "auth",
      reason: "auth",
    });
  });

  test("tell of a failure with class, code and our own words, never with the provider's", () => {
    const failure = buildFailure({
      class: "auth",
      code: "provider_auth_failed",
      message: "The key was refused.",
    });
    const fact = buildFact(1, {
      result: {
        outcome: "failed",
        failure,
        usage: null,
        costUsd: null,
        attempts: [buildAttempt({ failure })],
      },
    });
    const [event] = eventsOfFact(fact, names);
    expect(event).toMatchObject({
      type: "route_error",
      data: { error_class: "auth", error_code: "provider_auth_failed", error_msg: "The key was refused." },
    });
    expect(event?.data).not.toHaveProperty("cost_usd");
    expect(JSON.stringify(event)).not.toContain("raw words");
  });
});
