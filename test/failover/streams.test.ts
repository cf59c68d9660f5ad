import type { Gateway } from "@tokenhub/gateway";
import type { FaultStep } from "@tokenhub/mock-llm";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
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
/** Each on a provider of its own, in both formats of provider and of caller. */
const lateCases = late.flatMap(([id, step]) =>
  (["openai", "anthropic"] as const).flatMap((format) => [
    [`${id}-${format}`, format, step] as const,
    [`${id}-${format}-claude`, format, step] as const,
  ]),
);

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
            lateCases.map(([id]) => [
              id,
              {
                type: id.endsWith("-claude") ? "anthropic" : "openai-compatible",
                timeoutMs: 1_500,
                models: { [id]: {} },
              },
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

describe.concurrent("a stream whose provider fails before the first token", () => {
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

/** A broken stream's last event, and the end that it must not have. */
const endings = {
  openai: { error: { error: { type: "server_error", code: "stream_interrupted" } }, end: "[DONE]" },
  anthropic: { error: { type: "error", error: { type: "api_error" } }, end: "message_stop" },
} as const;

describe.concurrent("a stream whose provider fails after the first tokens", () => {
  it.each(lateCases)(
    "(%s, %s caller) ends with an error event of the caller's format and is not repeated",
    async (model, format, step) => {
      site.mock.plan(`up-${model}`, { text: "one two three four five six", steps: [step] });
      const answer = await ask(gateway, { model, format, stream: true, wishes: { allow_fallback: true } });
      expect(answer.status).toBe(200);
      expect(answer.text.trim()).toBe("one two three");
      expect((answer.json as unknown[]).at(-1)).toMatchObject(endings[format].error);
      expect(answer.raw).not.toContain(endings[format].end);
      expect(site.mock.calls().filter((call) => call.model === `up-${model}`)).toHaveLength(1);
      expect(await rowOf(site, answer.requestId)).toMatchObject({
        outcome: "failed",
        errorCode: "stream_interrupted",
        modelId: model,
        attemptCount: 1,
        usage: { source: "estimated", outputTokens: 3 },
      });
    },
  );
});
