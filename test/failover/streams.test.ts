import type { Gateway } from "@tokenhub/gateway";
import type { FaultStep } from "@tokenhub/mock-llm";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

let site: Site;
let gateway: Gateway;

/** What may go wrong before the first token, and how many calls the failing provider then gets. */
const early = [
  ["refused", { kind: "status", status: 401 }, 1],
  ["limited", { kind: "status", status: 429 }, 1],
  ["overflowed", { kind: "context_overflow" }, 1],
  ["down", { kind: "status", status: 503 }, 3],
  ["cut", { kind: "reset" }, 3],
  ["mute", { kind: "stream_ends_early", afterTokens: 0 }, 3],
  ["error-event", { kind: "error_in_200" }, 3],
  ["garbled", { kind: "malformed_json", afterTokens: 0 }, 3],
  ["html", { kind: "wrong_content_type" }, 3],
] as const satisfies readonly (readonly [string, FaultStep, number])[];

/** What may go wrong after it. */
const late = [
  ["cut-late", { kind: "reset", afterTokens: 3 }],
  ["ends-early", { kind: "stream_ends_early", afterTokens: 3 }],
  ["error-late", { kind: "error_in_200", afterTokens: 3 }],
  ["falls-silent", { kind: "hang", afterTokens: 3 }],
] as const satisfies readonly (readonly [string, FaultStep])[];

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) =>
      catalogueOf(
        mockUrl,
        {
          ...Object.fromEntries(
            early.map(([id]) => [id, { models: { [id]: { weight: 90, context: 64_000 } } }]),
          ),
          ...Object.fromEntries(
            late.flatMap(([id]) => [
              [id, { timeoutMs: 1_000, models: { [id]: {} } }],
              [`${id}-claude`, { type: "anthropic", timeoutMs: 1_000, models: { [`${id}-claude`]: {} } }],
            ]),
          ),
          rescue: { type: "anthropic", models: { rescue: { weight: 10 } } },
        },
        Object.fromEntries(early.map(([id]) => [`${id}-or-rescue`, [id, "rescue"]])),
      ),
  });
  gateway = await site.startGateway();
  await site.startRouter();
  await site.startProviderWorker({ random: () => 0 });
  site.mock.plan("up-rescue", { text: "the rescuer's words" });
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => site.mock.clearCalls());

describe("a stream whose provider fails before the first token", () => {
  it.each(early)(
    "(%s) comes from the next one, and nothing of the first is seen",
    async (id, step, calls) => {
      site.mock.plan(`up-${id}`, { text: "the failing one's words", steps: [{ ...step, repeat: true }] });
      const answer = await ask(gateway, { model: `${id}-or-rescue`, stream: true });
      expect(answer).toMatchObject({ status: 200, text: "the rescuer's words" });
      expect(answer.raw).not.toContain("failing one");
      expect(answer.raw).toMatch(/data: \[DONE\]\n\n$/);
      expect(answer.raw).not.toContain('"error"');
      expect(answer.headers.get("x-tokenhub-model")).toBe("rescue");
      expect(answer.headers.get("x-tokenhub-provider")).toBe("rescue");
      expect(answer.headers.get("x-tokenhub-attempts")).toBe(String(calls + 1));
      expect(site.mock.calls().filter((call) => call.model === `up-${id}`)).toHaveLength(calls);

      const { attempts, outcome, stream } = await rowOf(site, answer.requestId);
      expect({ outcome, stream }).toEqual({ outcome: "succeeded", stream: true });
      expect(attempts.map((attempt) => attempt.modelId)).toEqual([
        ...Array.from({ length: calls }, () => id),
        "rescue",
      ]);
    },
  );
});

const speakers = late.flatMap(([id, step]) => [
  [id, "openai", step] as const,
  [id, "anthropic", step] as const,
  [`${id}-claude`, "openai", step] as const,
  [`${id}-claude`, "anthropic", step] as const,
]);

describe("a stream whose provider fails after the first tokens", () => {
  it.each(speakers)(
    "(%s, %s caller) ends with an error event of the caller's format and is not repeated",
    async (model, format, step) => {
      site.mock.plan(`up-${model}`, { text: "one two three four five six", steps: [step] });
      const answer = await ask(gateway, { model, format, stream: true, wishes: { allow_fallback: true } });
      expect(answer.status).toBe(200);
      expect(answer.text.trim()).toBe("one two three");
      const events = answer.json as unknown[];
      if (format === "anthropic") {
        expect(answer.raw).toMatch(/\n\nevent: error\ndata: [^\n]+\n\n$/);
        expect(events.at(-1)).toMatchObject({ type: "error", error: { type: "api_error" } });
        expect(answer.raw).not.toContain("message_stop");
      } else {
        expect(events.at(-1)).toMatchObject({ error: { type: "server_error", code: "stream_interrupted" } });
        expect(answer.raw).not.toContain("[DONE]");
      }
      expect(site.mock.calls()).toHaveLength(1);
      expect(await rowOf(site, answer.requestId)).toMatchObject({
        outcome: "failed",
        errorCode: "stream_interrupted",
        modelId: model,
        attemptCount: 1,
        usage: { source: "estimated" },
      });
    },
  );
});
