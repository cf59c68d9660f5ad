import { routingPolicySchema } from "@tokenhub/contracts";
import type { CacheChoice, ModelEntry } from "@tokenhub/persistence";
import { indexCatalogue } from "@tokenhub/routing";
import { describe, expect, test } from "vitest";
import { createKeyIndex } from "../access/key-index.ts";
import { buildKeyRecord } from "../access/key-record.fixture.ts";
import type { AnswerPlan } from "../output/answer-plan.ts";
import type { Submission } from "../sync/submit-request.ts";
import { createCacheChoices } from "./cache-choices.ts";
import type { CacheSetting } from "./cache-wish.ts";
import { enterCache } from "./enter-cache.ts";
import type { ResponseCache } from "./response-cache.ts";

const off: CacheChoice = { kind: "off" };
const on: CacheChoice = { kind: "on", ttlMs: null };
const onFor = (ttlMs: number): CacheChoice => ({ kind: "on", ttlMs });
const defaultTtlMs = 3_600_000;

interface Scene {
  readonly request?: CacheSetting;
  readonly header?: string;
  readonly key?: CacheChoice | null;
  /** Null: a request without a key of the database. */
  readonly keyId?: string | null;
  readonly models?: Readonly<Record<string, CacheChoice | null>>;
  readonly requestedModel?: string | null;
  readonly plan?: Partial<AnswerPlan>;
}

const model = (id: string, cache: CacheChoice | null): ModelEntry => ({
  id,
  providerId: "p",
  upstreamName: id,
  enabled: true,
  weight: 1,
  contextTokens: 0,
  maxOutputTokens: null,
  price: null,
  priceSource: null,
  contextSource: null,
  capabilities: null,
  expectedLatencyMs: null,
  toolNameMap: {},
  gemma4Output: false,
  ...(cache === null ? {} : { cache }),
});
const alias = (id: string, modelIds: readonly string[]) => ({
  id,
  enabled: true,
  stickyBy: "scored" as const,
  variants: modelIds.map((modelId) => ({ modelId, weight: 1 })),
});

/** How long the answer to a request is kept; null: it does not use the cache. */
function ttlMsOf(scene: Scene): number | null {
  const { request = null, header, key = null, keyId = "key_1", requestedModel = "m" } = scene;
  const keys = createKeyIndex();
  keys.put(buildKeyRecord("key_1", { cache: key }));
  const index = indexCatalogue({
    v: 1,
    version: 7,
    providers: [],
    models: Object.entries(scene.models ?? {}).map(([id, cache]) => model(id, cache)),
    aliases: [alias("single", ["m"]), alias("both", ["m", "n"])],
  });
  const visits: number[] = [];
  const responses: ResponseCache = {
    enter({ ttlMs }) {
      visits.push(ttlMs);
      return { serve: () => Promise.resolve(), end: () => undefined };
    },
    [Symbol.dispose]: () => undefined,
  };
  const submission: Submission = {
    requestId: "req_1",
    tenantId: "default",
    projectId: null,
    keyId,
    traceparent: null,
    acceptedAtMs: 0,
    waitMs: 1_000,
    deadlineAtMs: 1_000,
    lane: "interactive",
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel,
      estimatedInputTokens: 3,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: null,
      policy: routingPolicySchema.parse({}),
    },
    formatHeaders: {},
    bodyText: "{}",
  };
  const passage = enterCache(
    {
      responses,
      defaultTtlMs,
      catalogueVersion: () => index.version,
      choices: createCacheChoices({ keys, index: () => index }),
    },
    {
      headers: header === undefined ? {} : { "x-tokenhub-cache": header },
      read: {
        wireFormat: "openai-chat",
        body: {},
        bodyText: "{}",
        wishes: {},
        estimatedInputTokens: null,
        needs: [],
        answer: { outputFormat: undefined, outputSchema: undefined, includeDecision: false },
        cache: request,
        encodeAnswer: null,
      },
      plan: { shape: null, schema: undefined, repairs: false, includesDecision: false, ...scene.plan },
      submission,
    },
  );
  expect(passage === null).toBe(visits.length === 0);
  return visits[0] ?? null;
}

describe("S3-91: whether a request uses the cache", () => {
  test.each<[string, Scene, number | null]>([
    ["nobody says anything", { models: { m: null } }, null],
    ["its key says so", { key: on, models: { m: null } }, defaultTtlMs],
    ["its key says so and for how long", { key: onFor(60_000), models: { m: onFor(1_000) } }, 60_000],
    ["its key says no, whatever the model says", { key: off, models: { m: on } }, null],
    ["its model says so", { models: { m: onFor(5_000) } }, 5_000],
    ["its model says no", { models: { m: off } }, null],
    [
      "the request says so, whatever key and model say",
      { request: on, key: off, models: { m: off } },
      3_600_000,
    ],
    ["a header says no, whatever key and model say", { header: "off", key: on, models: { m: on } }, null],
    ["a header says how long", { header: "30", key: onFor(60_000) }, 30_000],
    ["the request leaves the time to the key", { request: on, key: onFor(60_000) }, 60_000],
    [
      "it has no key of the database, but a model",
      { keyId: null, key: on, models: { m: onFor(9_000) } },
      9_000,
    ],
    ["its key is gone meanwhile", { keyId: "key_2", key: on }, null],
    ["an answer may be repaired", { key: on, plan: { repairs: true } }, null],
  ])("%s", (_title, scene, ttlMs) => {
    expect(ttlMsOf({ models: { m: null }, ...scene })).toBe(ttlMs);
  });

  test.each<[string, string | null, number | null]>([
    ["an alias of this model alone", "single", 5_000],
    ["the model by its provider's name", "p/m", 5_000],
    ["an alias of several models", "both", null],
    ["no model", null, null],
    ["the server's choice by name", "auto", null],
    ["a model that does not exist", "unknown", null],
  ])("a model's setting counts for %s: %s", (_title, requestedModel, ttlMs) => {
    expect(ttlMsOf({ models: { m: onFor(5_000), n: onFor(5_000) }, requestedModel })).toBe(ttlMs);
  });
});
