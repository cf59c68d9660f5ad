import { routingPolicySchema, type RoutingFeatures } from "@tokenhub/contracts";
import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { cacheKeyOf, canonicalJson, type CacheQuestion } from "./cache-key.ts";

const features: RoutingFeatures = {
  operation: "chat",
  wireFormat: "openai-chat",
  stream: false,
  requestedModel: "m",
  estimatedInputTokens: 3,
  maxOutputTokens: null,
  needs: ["tools", "images"],
  allowedModelIds: null,
  policy: routingPolicySchema.parse({}),
};
const body = { model: "m", temperature: 0, messages: [{ role: "user", content: "hi" }] };

function keyOf(changes: Partial<CacheQuestion> = {}, featureChanges: Partial<RoutingFeatures> = {}): string {
  const submission = { tenantId: "one", formatHeaders: {}, features: { ...features, ...featureChanges } };
  return cacheKeyOf({ submission, body, schema: undefined, catalogueVersion: 1, ...changes });
}

describe("cacheKeyOf", () => {
  it("S3-91: is the same whatever the order of members, and whatever only concerns delivery", () => {
    const { messages, ...rest } = body;
    expect(keyOf({ body: { messages, ...rest } })).toBe(keyOf());
    const delivery = {
      stream: true,
      stream_options: { include_usage: true },
      user: "u",
      metadata: { a: "b" },
    };
    expect(keyOf({ body: { ...body, ...delivery } }, { stream: true })).toBe(keyOf());
    expect(keyOf({}, { needs: ["images", "tools"] })).toBe(keyOf());
    expect(keyOf()).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Partial<CacheQuestion>, Partial<RoutingFeatures>]>([
    ["another model", { body: { ...body, model: "n" } }, {}],
    ["another parameter", { body: { ...body, temperature: 0.1 } }, {}],
    ["another word", { body: { ...body, messages: [{ role: "user", content: "hi " }] } }, {}],
    ["messages in another order", { body: { ...body, messages: [...body.messages, {}] } }, {}],
    ["another format", {}, { wireFormat: "anthropic-messages" }],
    ["another operation", {}, { operation: "completion" }],
    ["other wishes", {}, { policy: { ...features.policy, maxCostPer1kUsd: 1 } }],
    ["other models that the key admits", {}, { allowedModelIds: ["m"] }],
    ["another schema", { schema: { type: "object" } }, {}],
    ["another catalogue", { catalogueVersion: 2 }, {}],
    ["another tenant", { submission: { tenantId: "two", formatHeaders: {}, features } }, {}],
    [
      "another version of the format",
      { submission: { tenantId: "one", formatHeaders: { "anthropic-beta": "x" }, features } },
      {},
    ],
  ])("S3-91: differs for %s", (_title, changes, featureChanges) => {
    expect(keyOf(changes, featureChanges)).not.toBe(keyOf());
  });
});

describe("canonicalJson", () => {
  it("S3-91: says of any two JSON values whether they are equal", () => {
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(canonicalJson(one) === canonicalJson(other)).toBe(isDeepStrictEqual(plain(one), plain(other)));
        expect(JSON.parse(canonicalJson(one))).toEqual(plain(one));
      }),
    );
  });

  it("S3-91: does not depend on the order of members, at any depth", () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined, a: null }], a: 2 })).toBe(
      '{"a":2,"b":[{"a":null,"d":1}]}',
    );
  });
});
