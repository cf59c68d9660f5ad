import type { Gateway } from "@tokenhub/gateway";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

let site: Site;
let gateway: Gateway;

/** Each provider has a model that is asked first and a sister that would come next, before the other house's model. */
const failing = ["revoked", "forbidden", "broke", "unpaid", "strict-revoked", "strict-broke"] as const;

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) =>
      catalogueOf(
        mockUrl,
        {
          ...Object.fromEntries(
            failing.map((id) => [id, { models: { [id]: { weight: 90 }, [`${id}-sister`]: { weight: 80 } } }]),
          ),
          picky: { models: { picky: {} } },
          "picky-anthropic": { type: "anthropic", models: { "picky-claude": {} } },
          other: { models: { other: { weight: 10 } } },
        },
        Object.fromEntries(failing.map((id) => [`${id}-or-other`, [id, `${id}-sister`, "other"]])),
      ),
  });
  gateway = await site.startAll();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => site.mock.clearCalls());

const calledModels = () => site.mock.calls().map((call) => call.model);

describe("a failure that all models of a provider share", () => {
  it.each([
    ["revoked", { status: 401 }, "auth"],
    ["forbidden", { status: 403 }, "auth"],
    ["broke", { status: 429, code: "insufficient_quota" }, "quota_exhausted"],
    ["unpaid", { status: 402 }, "quota_exhausted"],
  ] as const)(
    "(%s) takes the whole provider out and goes elsewhere at once",
    async (id, fault, failureClass) => {
      site.mock.plan(`up-${id}`, { steps: [{ kind: "status", ...fault, repeat: true }] });
      const answer = await ask(gateway, { model: `${id}-or-other` });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-tokenhub-model")).toBe("other");
      expect(answer.headers.get("x-tokenhub-reason")).toBe(`fallback after ${failureClass}`);
      expect(answer.headers.get("x-tokenhub-attempts")).toBe("2");
      expect(calledModels()).toEqual([`up-${id}`, "up-other"]);

      const { attempts, decision } = await rowOf(site, answer.requestId);
      expect(attempts).toMatchObject([
        { modelId: id, round: 0, failure: { class: failureClass } },
        { modelId: "other", round: 1, failure: null },
      ]);
      expect(decision?.considered).toContainEqual(
        expect.objectContaining({
          modelId: `${id}-sister`,
          outcome: "skipped",
          skipReason: "already_failed",
        }),
      );
    },
  );

  it.each([
    ["strict-revoked", { status: 401 }, 502, "provider_auth_failed", "server_error"],
    [
      "strict-broke",
      { status: 429, code: "insufficient_quota" },
      429,
      "provider_quota_exhausted",
      "insufficient_quota",
    ],
  ] as const)(
    "(%s) ends a request for a strictly named model after one call",
    async (id, fault, status, code, type) => {
      site.mock.plan(`up-${id}`, { steps: [{ kind: "status", ...fault, repeat: true }] });
      const answer = await ask(gateway, { model: id });
      expect(answer).toMatchObject({ status, json: { error: { code, type } } });
      expect(answer.headers.get("x-should-retry")).toBe("false");
      expect(calledModels()).toEqual([`up-${id}`]);
    },
  );
});

describe("a bad request of the caller", () => {
  it.each([
    ["picky", "openai", { error: { type: "invalid_request_error", code: "provider_bad_request" } }],
    ["picky-claude", "anthropic", { type: "error", error: { type: "invalid_request_error" } }],
  ] as const)(
    "is never repeated and opens no breaker: after 100 of them (%s, %s format) a good one works at once",
    async (model, format, body) => {
      site.mock.plan(`up-${model}`, {
        steps: [{ kind: "status", status: 400, message: "temperature is out of range", repeat: true }],
      });
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => ask(gateway, { model, format, wishes: { allow_fallback: true } })),
      );
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 400, json: body });
        expect(answer.raw).toContain("temperature is out of range");
        expect(answer.headers.get("x-should-retry")).toBe("false");
      }
      expect(calledModels()).toEqual(Array.from({ length: 100 }, () => `up-${model}`));

      site.mock.plan(`up-${model}`, { text: "fine" });
      const startedAtMs = performance.now();
      expect(await ask(gateway, { model, format })).toMatchObject({ status: 200, text: "fine" });
      expect(performance.now() - startedAtMs).toBeLessThan(1_000);
    },
  );
});
