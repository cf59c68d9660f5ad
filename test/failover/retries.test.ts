import type { Gateway } from "@tokenhub/gateway";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

let site: Site;
let gateway: Gateway;

/** The highest jitter there is, so that every backoff has its full length. */
const highestJitter = 0.999;
/** Late timers on a busy machine. */
const toleranceMs = 600;

const statuses = [500, 502, 503, 529] as const;

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) =>
      catalogueOf(
        mockUrl,
        {
          ...Object.fromEntries(
            [
              ...statuses.map((status) => `status-${status}`),
              "always-down",
              "backoff",
              "limited",
              "limited-strict",
              "limited-mute",
              "limited-long",
              "limited-short-deadline",
              "asks-for-pause",
              "garbled",
              "html",
              "reset",
            ].map((id) => [id, { models: { [id]: {} } }]),
          ),
          // The heaviest, so that a named model's fallback is this one.
          "other-house": { models: { other: { weight: 100 } } },
        },
        { pair: ["limited", "other"] },
      ),
  });
  gateway = await site.startGateway();
  await site.startRouter();
  await site.startProviderWorker({ random: () => highestJitter });
});
afterAll(() => site[Symbol.asyncDispose]());

function callsOf(model: string) {
  return site.mock.calls().filter((call) => call.model === `up-${model}`);
}

/** Milliseconds from the end of each call to the beginning of the next. */
function gapsOf(model: string): number[] {
  const calls = callsOf(model);
  return calls.slice(1).map((call, index) => call.startedAtMs - (calls[index]?.finishedAtMs ?? NaN));
}

function expectGap(gapMs: number | undefined, atLeastMs: number): void {
  expect(gapMs).toBeGreaterThanOrEqual(atLeastMs);
  expect(gapMs).toBeLessThan(atLeastMs + toleranceMs);
}

describe.concurrent("a transient failure", () => {
  it.each(statuses)("with status %i is tried again and the caller never learns of it", async (status) => {
    site.mock.plan(`up-status-${status}`, { text: "at last", steps: [{ kind: "status", status }] });
    const answer = await ask(gateway, { model: `status-${status}` });
    expect(answer).toMatchObject({ status: 200, text: "at last" });
    expect(answer.headers.get("x-tokenhub-attempts")).toBe("2");
    expect(callsOf(`status-${status}`).map((call) => call.outcome)).toEqual(["error", "answered"]);
  });

  it.each([
    ["garbled", { kind: "malformed_json" }],
    ["html", { kind: "wrong_content_type" }],
    ["reset", { kind: "reset" }],
  ] as const)("of kind %s is tried again", async (model, step) => {
    site.mock.plan(`up-${model}`, { text: "at last", steps: [step] });
    expect(await ask(gateway, { model })).toMatchObject({ status: 200, text: "at last" });
    expect(callsOf(model)).toHaveLength(2);
  });

  it("is waited out for longer each time, three calls in all, and every one is stored", async () => {
    const fault = { kind: "status", status: 500 } as const;
    site.mock.plan("up-backoff", { text: "third time lucky", steps: [fault, fault] });
    const answer = await ask(gateway, { model: "backoff" });
    expect(answer.text).toBe("third time lucky");
    expect(answer.headers.get("x-tokenhub-attempts")).toBe("3");
    const [first, second] = gapsOf("backoff");
    expectGap(first, 250);
    expectGap(second, 500);

    const { attempts } = await rowOf(site, answer.requestId);
    const stored = { modelId: "backoff", providerId: "backoff", round: 0 };
    expect(attempts).toMatchObject([
      { ...stored, failure: { class: "transient", code: "provider_error", providerStatus: 500 } },
      { ...stored, failure: { class: "transient", code: "provider_error", providerStatus: 500 } },
      { ...stored, failure: null },
    ]);
  });

  it("that stays ends after three calls with the provider's failure, not with an advice to repeat", async () => {
    site.mock.plan("up-always-down", { steps: [{ kind: "status", status: 503, repeat: true }] });
    const answer = await ask(gateway, { model: "always-down" });
    expect(answer).toMatchObject({ status: 503, json: { error: { code: "provider_unavailable" } } });
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect(answer.headers.get("x-tokenhub-attempts")).toBe("3");
    expect(callsOf("always-down")).toHaveLength(3);
    const row = await rowOf(site, answer.requestId);
    expect(row).toMatchObject({
      outcome: "failed",
      errorCode: "provider_unavailable",
      modelId: "always-down",
      providerId: "always-down",
      attemptCount: 3,
    });
    expect(row.attempts).toHaveLength(3);
  });

  it("with Retry-After is not tried again before it", async () => {
    site.mock.plan("up-asks-for-pause", { steps: [{ kind: "status", status: 503, retryAfterMs: 900 }] });
    expect(await ask(gateway, { model: "asks-for-pause" })).toMatchObject({ status: 200 });
    expectGap(gapsOf("asks-for-pause")[0], 900);
  });
});

describe.concurrent("a rate limit", () => {
  it("with Retry-After holds back the second call of a strictly named model until then", async () => {
    site.mock.plan("up-limited-strict", {
      steps: [{ kind: "status", status: 429, retryAfterSeconds: 1 }],
    });
    const answer = await ask(gateway, { model: "limited-strict" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tokenhub-model")).toBe("limited-strict");
    expectGap(gapsOf("limited-strict")[0], 1_000);
  });

  it("without Retry-After is waited out by a backoff", async () => {
    site.mock.plan("up-limited-mute", { steps: [{ kind: "status", status: 429 }] });
    expect(await ask(gateway, { model: "limited-mute" })).toMatchObject({ status: 200 });
    expectGap(gapsOf("limited-mute")[0], 250);
  });

  it("goes elsewhere at once when there is a fallback, and holds back the next request too", async () => {
    const headers = { "x-tokenhub-strategy": "highest_weight" };
    site.mock.plan("up-limited", { steps: [{ kind: "status", status: 429, retryAfterSeconds: 20 }] });
    const startedAtMs = performance.now();
    const answer = await ask(gateway, { model: "limited", headers, wishes: { allow_fallback: true } });
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tokenhub-model")).toBe("other");
    expect(answer.headers.get("x-tokenhub-reason")).toBe("fallback after rate_limited");
    expect(answer.headers.get("x-tokenhub-attempts")).toBe("2");

    const next = await ask(gateway, { model: "pair", headers });
    expect(next.headers.get("x-tokenhub-model")).toBe("other");
    const { decision } = await rowOf(site, next.requestId);
    expect(decision?.skippedByReason).toMatchObject({ provider_cooling_down: 1 });
    expect(callsOf("limited")).toHaveLength(1);
  });

  it.each([
    ["limited-long", "longer than a minute", { retryAfterSeconds: 120 }, {}],
    [
      "limited-short-deadline",
      "beyond the deadline",
      { retryAfterSeconds: 20 },
      { "x-tokenhub-timeout-ms": "5000" },
    ],
  ] as const)("of %s, a wait %s, is told to the caller at once", async (model, _why, pause, headers) => {
    site.mock.plan(`up-${model}`, { steps: [{ kind: "status", status: 429, ...pause }] });
    const startedAtMs = performance.now();
    const answer = await ask(gateway, { model, headers });
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
    expect(answer).toMatchObject({ status: 429, json: { error: { code: "provider_rate_limited" } } });
    expect(answer.headers.get("retry-after")).toBe(String(pause.retryAfterSeconds));
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect(callsOf(model)).toHaveLength(1);
  });
});
