import type { Gateway } from "@tokenhub/gateway";
import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask, type Answer, type Question } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

/** What the configuration says of each provider; whose name is not here has no limit. */
const limits: Readonly<Record<string, { requests_per_minute?: number; tokens_per_minute?: number }>> = {
  "house-paced": { requests_per_minute: 600 },
  "house-slow": { requests_per_minute: 1 },
  "house-scarce": { requests_per_minute: 1 },
  "house-both": { requests_per_minute: 1 },
  "house-tokens": { tokens_per_minute: 12_000 },
};

let site: Site;
let gateway: Gateway;

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config(mockUrl) {
      const catalogue = catalogueOf(
        mockUrl,
        {
          "house-paced": { models: { paced: {} } },
          "house-slow": { models: { slow: {} } },
          "house-scarce": { models: { scarce: { weight: 90 } } },
          "house-plenty": { models: { plenty: { weight: 10 } } },
          "house-both": { models: { both: {} } },
          "house-tokens": { models: { tokens: {} } },
          "house-hinting": { models: { hinting: { weight: 90 } } },
          "house-other": { models: { other: { weight: 10 } } },
        },
        {
          scarce_or_plenty: ["scarce", "plenty"],
          hinting_or_other: ["hinting", "other"],
          paced_or_plenty: ["paced", "plenty"],
        },
      );
      const providers = catalogue["providers"] as { name: string }[];
      return {
        ...catalogue,
        providers: providers.map((provider) => {
          const limit = limits[provider.name];
          return limit === undefined ? provider : { ...provider, rate_limit: limit };
        }),
      };
    },
  });
  gateway = await site.startAll();
  await site.startProviderWorker();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  site.mock.clearCalls();
  site.mock.clearPlans();
});

const byWeight = { "x-tokenhub-strategy": "highest_weight" };
const askFor = ({ headers, ...question }: Question): Promise<Answer> =>
  ask(gateway, { headers: { ...byWeight, ...headers }, ...question });
const callsOf = (model: string) => site.mock.calls().filter((call) => call.model === `up-${model}`);

describe("a provider with a limit of requests", () => {
  it("S3-90: gets no more than the limit from all workers together, while every request waits for its turn and is answered", async () => {
    // 121 at once, then 8 a second.
    const count = 145;
    const answers = await Promise.all(Array.from({ length: count }, () => askFor({ model: "paced" })));
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));

    const times = callsOf("paced")
      .map((call) => call.startedAtMs)
      .sort((one, other) => one - other);
    expect(times).toHaveLength(count);
    const [first = 0] = times;
    // The call begins a moment after its claim; a second's worth allows for that.
    const allowedBy = (atMs: number) => 121 + 8 * ((atMs - first) / 1_000 + 1);
    for (const [index, atMs] of times.entries()) expect(index + 1).toBeLessThanOrEqual(allowedBy(atMs));
    expect((times.at(-1) ?? 0) - first).toBeGreaterThan(1_500);
    expect(site.logLines.some((line) => line.includes('"reaction":"wait"'))).toBe(true);
  });

  it("S3-90: a turn that would come after the deadline is a 429 with retry-after, at once and without a call", async () => {
    expect((await askFor({ model: "slow" })).status).toBe(200);
    const startedAtMs = performance.now();
    const refused = await askFor({ model: "slow", headers: { "x-tokenhub-timeout-ms": "5000" } });
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
    expect(refused).toMatchObject({ status: 429, json: { error: { code: "provider_rate_limited" } } });
    const retryAfterSeconds = Number(refused.headers.get("retry-after"));
    expect(retryAfterSeconds).toBeGreaterThan(5);
    expect(retryAfterSeconds).toBeLessThanOrEqual(61);
    expect(refused.headers.get("x-tokenhub-attempts")).toBe("0");
    expect(callsOf("slow")).toHaveLength(1);
    const { attempts } = await rowOf(site, refused.requestId);
    expect(attempts).toMatchObject([{ modelId: "slow", called: false, failure: { class: "rate_limited" } }]);
  });

  it("S3-90, S1d-7: requests that may move are answered by another provider, and later ones go there at once", async () => {
    const first = await askFor({ model: "scarce_or_plenty" });
    expect(first.headers.get("x-tokenhub-model")).toBe("scarce");
    const second = await askFor({ model: "scarce_or_plenty" });
    expect(second.status).toBe(200);
    expect(second.headers.get("x-tokenhub-model")).toBe("plenty");
    expect(second.headers.get("x-tokenhub-reason")).toBe("fallback after rate_limited");
    expect(second.headers.get("x-tokenhub-attempts")).toBe("1");

    const later = await until("the routers to know", async () => {
      const answer = await askFor({ model: "scarce_or_plenty" });
      const { decision, attempts } = await rowOf(site, answer.requestId);
      return attempts.length === 1 ? decision : null;
    });
    expect(later?.considered).toContainEqual(
      expect.objectContaining({ modelId: "scarce", skipReason: "provider_cooling_down" }),
    );
    expect(callsOf("scarce")).toHaveLength(1);
  });

  it("S3-90: a caller that leaves while its request waits for its turn costs nothing", async () => {
    expect((await askFor({ model: "both" })).status).toBe(200);
    const leaving = new AbortController();
    const waiting = askFor({ model: "both", signal: leaving.signal });
    await until("the request to wait", () =>
      site.logLines.some((line) => line.includes('"both"') && line.includes('"reaction":"wait"')),
    );
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    await until("the cancellation", () =>
      site.logLines.some((line) => line.includes("caller went away") && line.includes("/v1/chat")),
    );
    expect(callsOf("both")).toHaveLength(1);
  });
});

describe("a provider with a limit of tokens", () => {
  it("S3-90: what an answer was expected to use and did not is given to the requests after it", async () => {
    // Each asks for the whole 2,400 that may go at once and uses a few; 160 a second come in by themselves.
    const question: Question = { model: "tokens", format: "anthropic", content: "x".repeat(4 * 2_200) };
    site.mock.plan("up-tokens", { text: "ok", usage: { inputTokens: 10, outputTokens: 5 } });
    const startedAtMs = performance.now();
    for (let index = 0; index < 4; index += 1) expect((await askFor(question)).status).toBe(200);
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    expect(callsOf("tokens")).toHaveLength(4);
  });
});

describe("a provider that says what is left of its own limit", () => {
  it("S1-60, S1d-7: gets no more requests that can go elsewhere once nothing is left, until its reset", async () => {
    site.mock.plan("up-hinting", {
      headers: {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "3s",
      },
    });
    const first = await askFor({ model: "hinting_or_other" });
    expect(first.headers.get("x-tokenhub-model")).toBe("hinting");
    const second = await until("the routers to know", async () => {
      const answer = await askFor({ model: "hinting_or_other" });
      return answer.headers.get("x-tokenhub-model") === "other" ? answer : null;
    });
    expect(second.headers.get("x-tokenhub-attempts")).toBe("1");
    const seen = callsOf("hinting").length;
    for (let index = 0; index < 3; index += 1) await askFor({ model: "hinting_or_other" });
    expect(callsOf("hinting")).toHaveLength(seen);
    // A request that names the model has no choice and is made all the same.
    expect((await askFor({ model: "hinting" })).headers.get("x-tokenhub-model")).toBe("hinting");

    site.mock.clearPlans();
    await until(
      "the reset",
      async () => (await askFor({ model: "hinting_or_other" })).headers.get("x-tokenhub-model") === "hinting",
    );
  });

  it("S1-60: tokens that are used up count as well, also in the headers of a stream and in Anthropic's words", async () => {
    site.mock.plan("up-hinting", {
      headers: {
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": new Date(Date.now() + 20_000).toISOString(),
      },
    });
    const first = await askFor({ model: "hinting_or_other", stream: true });
    expect(first.headers.get("x-tokenhub-model")).toBe("hinting");
    await until("the routers to know", async () => {
      const answer = await askFor({ model: "hinting_or_other" });
      return answer.headers.get("x-tokenhub-model") === "other";
    });
  });

  it("S1d-11: a 429 is waited out for as long as it says when there is no other provider, else that one answers", async () => {
    site.mock.plan("up-other", { steps: [{ kind: "status", status: 429, retryAfterMs: 700 }] });
    const waited = await askFor({ model: "other" });
    expect(waited.status).toBe(200);
    const [refused, answered] = callsOf("other");
    expect((answered?.startedAtMs ?? 0) - (refused?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(690);

    site.mock.plan("up-paced", { steps: [{ kind: "status", status: 429, retryAfterMs: 5_000 }] });
    const moved = await askFor({ model: "paced_or_plenty" });
    expect(moved.headers.get("x-tokenhub-model")).toBe("plenty");
    expect(moved.headers.get("x-tokenhub-attempts")).toBe("2");
  });
});
