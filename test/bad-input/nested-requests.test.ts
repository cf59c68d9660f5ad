import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { withBoundlessModels } from "./boundless-models.ts";
import {
  bodyWithText,
  endpoints,
  startRefusalBench,
  type Endpoint,
  unlessOneOf,
  type RefusalBench,
} from "./refusal-bench.ts";

let bench: RefusalBench;
beforeAll(async () => {
  bench = await startRefusalBench({
    redisUrl: inject("redisUrl"),
    config: { models: withBoundlessModels() },
  });
});
afterAll(() => bench[Symbol.asyncDispose]());

interface Place {
  readonly place: string;
  readonly endpoint: Endpoint;
  /** Members whose nesting has about this many levels. */
  readonly membersText: (levels: number) => string;
}

const around = (open: string, core: string, close: string) => (levels: number) =>
  open.repeat(levels) + core + close.repeat(levels);
const lists = around("[", "", "]");
const objects = around('{"a":', "1", "}");
const schemas = around('{"items":', "{}", "}");
const documents = around('{"type":"document","source":{"type":"content","content":[', "", "]}}");
const results = around('{"type":"tool_result","tool_use_id":"t","content":[', "", "]}");

const userMessage = '{"role":"user","content":"x"}';
const inUserContent = (text: string): string => `"messages":[{"role":"user","content":[${text}]}]`;

const places: readonly Place[] = [
  { place: "as an unknown member", endpoint: "chat", membersText: (n) => `"extra":${lists(n)}` },
  { place: "as messages", endpoint: "chat", membersText: (n) => `"messages":${lists(n)}` },
  {
    place: "as content",
    endpoint: "chat",
    membersText: (n) => `"messages":[{"role":"user","content":${lists(n)}}]`,
  },
  {
    place: "in a content part",
    endpoint: "chat",
    membersText: (n) => inUserContent(`{"type":"text","text":"x","deep":${objects(n)}}`),
  },
  {
    place: "in a message",
    endpoint: "chat",
    membersText: (n) => `"messages":[{"role":"user","content":"x","deep":${objects(n)}}]`,
  },
  {
    place: "in an earlier answer",
    endpoint: "chat",
    membersText: (n) =>
      `"messages":[${userMessage},{"role":"assistant","content":"x","audio":${objects(n)}},${userMessage}]`,
  },
  {
    place: "as tool parameters",
    endpoint: "chat",
    membersText: (n) => `"tools":[{"type":"function","function":{"name":"f","parameters":${objects(n)}}}]`,
  },
  {
    place: "as an output schema",
    endpoint: "chat",
    membersText: (n) =>
      `"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":${schemas(n)}}}`,
  },
  {
    place: "as a tool choice",
    endpoint: "chat",
    membersText: (n) => `"tool_choice":{"type":"function","function":${objects(n)}}`,
  },
  {
    place: "as stream options",
    endpoint: "chat",
    membersText: (n) => `"stream":true,"stream_options":{"deep":${objects(n)}}`,
  },
  { place: "as an unknown member", endpoint: "messages", membersText: (n) => `"extra":${objects(n)}` },
  { place: "as a system prompt", endpoint: "messages", membersText: (n) => `"system":${lists(n)}` },
  {
    place: "as a tool's schema",
    endpoint: "messages",
    membersText: (n) => `"tools":[{"name":"f","input_schema":${objects(n)}}]`,
  },
  {
    place: "as the input of an earlier tool call",
    endpoint: "messages",
    membersText: (n) =>
      `"messages":[${userMessage},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":${objects(n)}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x"}]}]`,
  },
  {
    place: "as documents in documents",
    endpoint: "messages",
    membersText: (n) => inUserContent(documents(Math.ceil(n / 3))),
  },
  {
    place: "as tool results in tool results",
    endpoint: "messages",
    membersText: (n) => inUserContent(results(Math.ceil(n / 2))),
  },
  {
    place: "as a block of another kind",
    endpoint: "messages",
    membersText: (n) => inUserContent(`{"type":"x","deep":${objects(n)}}`),
  },
  {
    place: "as a thinking member",
    endpoint: "messages",
    membersText: (n) => `"thinking":{"type":"x","deep":${objects(n)}}`,
  },
  {
    place: "as metadata",
    endpoint: "messages",
    membersText: (n) => `"metadata":{"user_id":"x","deep":${objects(n)}}`,
  },
  { place: "as input", endpoint: "embeddings", membersText: (n) => `"input":${lists(n)}` },
  { place: "as an unknown member", endpoint: "embeddings", membersText: (n) => `"extra":${lists(n)}` },
];

describe.each(places)("nesting in a request for $endpoint, $place", ({ endpoint, membersText }) => {
  const { path } = endpoints[endpoint];

  it("of ten thousand levels is refused before anybody has to follow it", async () => {
    expect(
      await bench.faultsOf(
        { path, body: bodyWithText(endpoint, membersText(10_000)) },
        { code: "invalid_json", says: /nested more than 200 levels/ },
      ),
    ).toEqual([]);
  });

  it("as deep as is allowed is served or refused, whichever format the provider speaks", async () => {
    const models = endpoint === "embeddings" ? ["boundless-embed"] : ["boundless-gpt", "boundless-claude"];
    for (const model of models) {
      const body = bodyWithText(endpoint, `"model":"${model}",${membersText(190)}`);
      const answer = await bench.send({ path, body });
      expect(unlessOneOf([200, 400], answer)).toBeNull();
      expect(answer.text).not.toContain("nested");
      expect(answer.durationMs).toBeLessThan(3_000);
    }
  });
});

describe("nesting", () => {
  it("of a million levels, closed or not, is refused as well", async () => {
    for (const membersText of [
      `"extra":${lists(1_000_000)}`,
      `"extra":${"[".repeat(1_000_000)}`,
      `"extra":${'{"a":'.repeat(1_000_000)}`,
    ]) {
      const body = bodyWithText("chat", membersText);
      expect(await bench.faultsOf({ path: endpoints.chat.path, body }, { code: "invalid_json" })).toEqual([]);
    }
    expect(await bench.isHealthy()).toBe(true);
  });

  it("is not seen in texts", async () => {
    const content = '[{"'.repeat(10_000);
    const body = JSON.stringify({ model: "boundless-gpt", messages: [{ role: "user", content }] });
    expect((await bench.send({ path: endpoints.chat.path, body })).status).toBe(200);
  });
});
