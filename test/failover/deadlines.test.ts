import type { Gateway } from "@tokenhub/gateway";
import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
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
          ...Object.fromEntries(
            ["slow", "slow-sdk", "slow-often", "slow-stream", "slow-cancelled"].map((id) => [
              id,
              { models: { [id]: {} } },
            ]),
          ),
          "slow-claude": { type: "anthropic", models: { "slow-claude": {} } },
          single: { concurrency: 1, models: { single: {} } },
          failing: { models: { failing: {} } },
          hasty: { timeoutMs: 200, models: { hasty: { weight: 90 } } },
          "hasty-stream": { timeoutMs: 200, models: { "hasty-stream": { weight: 90 } } },
          other: { models: { other: { weight: 10 } } },
        },
        { "hasty-or-other": ["hasty", "other"] },
      ),
  });
  gateway = await site.startGateway();
  await site.startRouter();
  await site.startProviderWorker({ random: () => 0.999 });
});
afterAll(() => site[Symbol.asyncDispose]());

const within = (timeoutMs: number) => ({ "x-tokenhub-timeout-ms": String(timeoutMs) });
/** The call to a model that was cut off, as soon as the provider noticed. */
const untilAborted = (model: string) =>
  site.mock.waitForCall(
    (call) => call.model === `up-${model}` && call.outcome === "aborted_by_client",
    2_000,
  );
const callsTo = (model: string) => site.mock.calls().filter((call) => call.model === `up-${model}`);

describe.concurrent("a caller's deadline", () => {
  it.each([
    ["slow", "openai", { error: { type: "server_error", code: "deadline_exceeded" } }],
    ["slow-claude", "anthropic", { type: "error", error: { type: "timeout_error" } }],
  ] as const)(
    "aborts the upstream call and is answered with 504 (%s, %s format)",
    async (model, format, body) => {
      site.mock.plan(`up-${model}`, { latencyMs: 30_000 });
      const startedAtMs = performance.now();
      const answer = await ask(gateway, { model, format, headers: within(300) });
      const tookMs = performance.now() - startedAtMs;
      expect(answer).toMatchObject({ status: 504, json: body });
      expect(answer.headers.get("x-should-retry")).toBe("false");
      expect(tookMs).toBeGreaterThanOrEqual(300);
      expect(tookMs).toBeLessThan(1_500);
      await untilAborted(model);
      expect(callsTo(model)).toHaveLength(1);
      expect(await rowOf(site, answer.requestId)).toMatchObject({
        outcome: "failed",
        errorCode: "deadline_exceeded",
        failureClass: "deadline",
      });
    },
  );

  it("that official SDKs announce in seconds counts as well", async () => {
    site.mock.plan("up-slow-sdk", { latencyMs: 30_000 });
    const answer = await ask(gateway, { model: "slow-sdk", headers: { "x-stainless-timeout": "0.3" } });
    expect(answer.status).toBe(504);
    await untilAborted("slow-sdk");
  });

  it("does not speak against the provider", async () => {
    site.mock.plan("up-slow-often", { steps: Array.from({ length: 4 }, () => ({ kind: "hang" as const })) });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => ask(gateway, { model: "slow-often", headers: within(200) })),
    );
    expect(answers.map(({ status }) => status)).toEqual([504, 504, 504, 504]);
    expect((await ask(gateway, { model: "slow-often" })).status).toBe(200);
  });

  it("in the middle of a stream ends it with an error event and aborts the upstream call", async () => {
    site.mock.plan("up-slow-stream", { steps: [{ kind: "endless_stream" }], tokensPerSecond: 50 });
    const answer = await ask(gateway, { model: "slow-stream", stream: true, headers: within(500) });
    expect(answer.status).toBe(200);
    expect(answer.text.length).toBeGreaterThan(0);
    expect((answer.json as unknown[]).at(-1)).toMatchObject({ error: { type: "server_error" } });
    await untilAborted("slow-stream");
    expect(await rowOf(site, answer.requestId)).toMatchObject({
      outcome: "failed",
      failureClass: "deadline",
      usage: { source: "estimated" },
    });
  });

  it("that passes while the request waits for its turn lets no call begin", async () => {
    site.mock.plan("up-single", { latencyMs: 900 });
    const first = ask(gateway, { model: "single" });
    await until("the first call", () => callsTo("single").length === 1);
    const late = await ask(gateway, { model: "single", headers: within(300) });
    expect(late).toMatchObject({ status: 504, json: { error: { code: "deadline_exceeded" } } });
    expect((await first).status).toBe(200);
    expect(await rowOf(site, late.requestId)).toMatchObject({ failureClass: "deadline", attemptCount: 0 });
    expect(callsTo("single")).toHaveLength(1);
  });

  it("leaves no room for a retry that would come after it", async () => {
    site.mock.plan("up-failing", { steps: [{ kind: "status", status: 500, repeat: true }] });
    const startedAtMs = performance.now();
    const answer = await ask(gateway, { model: "failing", headers: within(600) });
    expect(performance.now() - startedAtMs).toBeLessThan(600);
    expect(answer.status).toBe(502);
    // The first backoff is 250 ms and fits, the second is 500 ms and does not.
    expect(callsTo("failing").length).toBeLessThanOrEqual(2);
  });
});

describe.concurrent("a caller that goes away", () => {
  it("aborts the upstream call", async () => {
    site.mock.plan("up-slow-cancelled", { latencyMs: 30_000 });
    const impatient = new AbortController();
    const pending = ask(gateway, { model: "slow-cancelled", signal: impatient.signal });
    await until("the upstream call", () => callsTo("slow-cancelled").length === 1);
    impatient.abort();
    await expect(pending).rejects.toThrow("aborted");
    const call = await untilAborted("slow-cancelled");
    expect(await rowOf(site, String(call.requestId))).toMatchObject({ outcome: "cancelled" });
  });
});

describe.concurrent("a provider's time limit", () => {
  it("ends each call, and the request goes to the next candidate", async () => {
    site.mock.plan("up-hasty", { latencyMs: 30_000 });
    const answer = await ask(gateway, { model: "hasty-or-other" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tokenhub-model")).toBe("other");
    expect(callsTo("hasty").map((call) => call.outcome)).toEqual([
      "aborted_by_client",
      "aborted_by_client",
      "aborted_by_client",
    ]);
    const { attempts } = await rowOf(site, answer.requestId);
    expect(attempts[0]).toMatchObject({ failure: { class: "transient", code: "provider_timeout" } });
  });

  it("is a 504 that no SDK repeats when the model was named strictly", async () => {
    site.mock.plan("up-hasty-stream", { latencyMs: 30_000 });
    const answer = await ask(gateway, { model: "hasty-stream", stream: true });
    expect(answer).toMatchObject({ status: 504, json: { error: { code: "provider_timeout" } } });
    expect(answer.headers.get("x-should-retry")).toBe("false");
  });
});
