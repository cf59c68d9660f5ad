import { compose, type MockLlm } from "@tokenhub/mock-llm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isBuiltIn, type ProviderDefinition } from "../definition/provider-definition.ts";
import { findProvider, providerDefinitions } from "../registry.ts";
import { conformanceKey, ConformanceBench } from "./conformance-bench.ts";
import { bodyOf } from "./expect-reply.ts";

let mock: MockLlm;
beforeAll(async () => {
  mock = await compose({ port: 0 });
});
afterAll(() => mock[Symbol.asyncDispose]());

/** Sends one body to the type's server and gives back what reached it. */
async function reached(
  type: string,
  { fields, apiKey = conformanceKey }: { fields: object; apiKey?: string | null },
): Promise<Pick<ReturnType<MockLlm["calls"]>[number], "bodyText" | "headers" | "path">> {
  const definition = findProvider(type);
  if (definition === null || isBuiltIn(definition)) throw new Error(`${type} is not reached over HTTP`);
  await using bench = new ConformanceBench(definition, mock);
  mock.clearCalls();
  const input = bench.prepare({ apiKey });
  const messages = [{ role: "user", content: "Hi" }];
  const bodyText = JSON.stringify({ model: input.upstreamModel, messages, ...fields });
  bodyOf(await bench.client.call({ ...input, bodyText }));
  const [call] = mock.calls();
  if (call === undefined) throw new Error("nothing reached the server");
  expect(call.bodyText).toBe(bodyText);
  return call;
}

describe("what reaches a provider", () => {
  test("S3-7: OpenAI gets every field of the request as it was, also those nobody knows yet", async () => {
    const fields = {
      audio: null,
      frequency_penalty: 0.1,
      logit_bias: { 50_256: -100 },
      logprobs: true,
      max_completion_tokens: 5,
      metadata: { a: "b" },
      modalities: ["text"],
      n: 1,
      parallel_tool_calls: false,
      prediction: null,
      presence_penalty: 0.2,
      reasoning_effort: "low",
      response_format: { type: "text" },
      seed: 7,
      service_tier: "auto",
      stop: ["x"],
      store: false,
      temperature: 0.3,
      tool_choice: "none",
      tools: [{ type: "function", function: { name: "f", parameters: {} } }],
      top_logprobs: 2,
      top_p: 0.9,
      user: "u",
      a_field_of_next_year: { deep: [1, null] },
    };
    const { path, headers } = await reached("openai", { fields });
    expect(path).toBe("/v1/chat/completions");
    expect(headers["authorization"]).toMatch(/^Bearer /);
  });

  test("S3-8: Anthropic gets its own format, version and key header", async () => {
    const fields = { max_tokens: 5, system: "Be brief.", top_k: 3, thinking: { type: "disabled" } };
    const { path, headers } = await reached("anthropic", { fields });
    expect(path).toBe("/v1/messages");
    expect(headers).toMatchObject({ "anthropic-version": "2023-06-01", "x-api-key": expect.any(String) });
    expect(headers["authorization"]).toBeUndefined();
  });

  test("S3-9: vLLM is called with a key and, without any credential header, with none", async () => {
    const fields = { top_k: 3, min_p: 0.1, chat_template_kwargs: { enable_thinking: false } };
    expect((await reached("vllm", { fields })).headers["authorization"]).toMatch(/^Bearer /);
    const { headers } = await reached("vllm", { fields, apiKey: null });
    expect(["authorization", "x-api-key", "api-key"].filter((name) => name in headers)).toEqual([]);
  });

  test("S1-1: any server of the OpenAI format is called with nothing but its address", async () => {
    const { path } = await reached("openai-compatible", { fields: { any: "thing" }, apiKey: null });
    expect(path).toBe("/v1/chat/completions");
  });
});

test("S3-10: providers of every type are one interface to the client, in the process or over HTTP", async () => {
  const kinds = new Map<string, string>();
  for (const [type, definition] of providerDefinitions) {
    const served = { ...definition, credential: "optional" } as ProviderDefinition;
    await using bench = new ConformanceBench(atTheMock(served), mock);
    const { reply } = await bench.call();
    kinds.set(type, reply.kind);
  }
  expect(new Set(kinds.values())).toEqual(new Set(["body"]));
  expect(kinds.size).toBe(providerDefinitions.size);
});

/** The fake upstream has no deployments in its paths. */
function atTheMock(definition: ProviderDefinition): ProviderDefinition {
  if (definition.type !== "azure-openai") return definition;
  return {
    ...definition,
    buildHttpRequest(input) {
      const request = definition.buildHttpRequest(input);
      return { ...request, url: request.url.replace(/\/openai\/deployments\/[^/]+/, "/v1") };
    },
  };
}
