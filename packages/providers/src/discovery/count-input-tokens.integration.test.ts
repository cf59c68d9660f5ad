import { compose, type MockLlm } from "@tokenhub/mock-llm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProvider } from "../testing/build-call.ts";
import { listen, readJson, sendJson } from "../testing/listen.ts";
import { countInputTokens } from "./count-input-tokens.ts";

const messages = [{ role: "user", content: "How many tokens are these?" }];
const bodyText = JSON.stringify({
  model: "client-name",
  messages,
  max_tokens: 100,
  stream: true,
  temperature: 1,
});
const question = { apiKey: "sk-1", bodyText, upstreamModel: "m" };

let mock: MockLlm;
beforeAll(async () => {
  mock = await compose({ port: 0 });
});
afterAll(() => mock[Symbol.asyncDispose]());

describe("countInputTokens", () => {
  test("S1d-13: Anthropic counts by its own tokenizer, asked with the fields it knows", async () => {
    const provider = buildProvider({ type: "anthropic", baseUrl: mock.url });
    const counted = await countInputTokens({ provider, ...question });
    expect(counted).toEqual({ kind: "counted", inputTokens: expect.any(Number) });
    const call = mock.calls().at(-1);
    expect(call).toMatchObject({ path: "/v1/messages/count_tokens", body: { model: "m", messages } });
    expect(Object.keys(call?.body ?? {}).toSorted()).toEqual(["messages", "model"]);
  });

  test("S1d-13: vLLM counts by the model's tokenizer and chat template", async () => {
    const bodies: unknown[] = [];
    await using server = await listen((request, response) => {
      void readJson(request).then((body) => {
        bodies.push(body);
        sendJson(response, { count: 11, max_model_len: 4_096, tokens: [1, 2] });
      });
    });
    const provider = buildProvider({ type: "vllm", baseUrl: `${server.url}/v1` });
    expect(await countInputTokens({ provider, ...question, apiKey: null })).toEqual({
      kind: "counted",
      inputTokens: 11,
    });
    expect(server.requests[0]?.url).toBe("/tokenize");
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(bodies).toEqual([{ model: "m", messages }]);
  });

  test.each(["openai", "ollama", "mock", "nonsense"])("%s cannot count, which is told", async (type) => {
    const provider = buildProvider({ type, baseUrl: mock.url });
    expect(await countInputTokens({ provider, ...question })).toEqual({ kind: "unsupported" });
  });

  test("a body that is no request, no number, silence and a refusal are told", async () => {
    const provider = buildProvider({ type: "vllm", baseUrl: mock.url });
    expect(await countInputTokens({ provider, ...question, bodyText: "{" })).toEqual({ kind: "unsupported" });
    expect(await countInputTokens({ provider, ...question })).toMatchObject({
      failure: { providerStatus: 404 },
    });
    await using odd = await listen((_request, response) => sendJson(response, { count: "many" }));
    await using silent = await listen(() => undefined);
    const at = (baseUrl: string | null) => buildProvider({ type: "vllm", baseUrl });
    expect(await countInputTokens({ provider: at(odd.url), ...question })).toMatchObject({
      failure: { code: "provider_bad_response" },
    });
    expect(await countInputTokens({ provider: at(silent.url), ...question, timeoutMs: 100 })).toMatchObject({
      failure: { code: "provider_timeout" },
    });
    expect(await countInputTokens({ provider: at(null), ...question })).toMatchObject({ kind: "failed" });
  });
});
