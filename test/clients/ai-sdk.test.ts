import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { generateText, streamText, tool } from "ai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { z } from "zod";

let network: TestNetwork;
let provider: ReturnType<typeof createOpenAICompatible>;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  provider = createOpenAICompatible({
    name: "tokenhub",
    baseURL: `${network.url}/v1`,
    apiKey: network.apiKey,
    includeUsage: true,
  });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

describe.each([
  { model: "gpt-test", upstream: "up-gpt" },
  { model: "claude-test", upstream: "up-claude" },
])("the AI SDK over $model", ({ model, upstream }) => {
  it("generates text with usage", async () => {
    network.mock.plan(upstream, { text: "Hello there" });
    const { text, usage, finishReason } = await generateText({ model: provider(model), prompt: "Say hello" });
    expect(text).toBe("Hello there");
    expect(finishReason).toBe("stop");
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it("streams text", async () => {
    network.mock.plan(upstream, { text: "one two three" });
    const { textStream } = streamText({ model: provider(model), prompt: "Count" });
    expect((await Array.fromAsync(textStream)).join("")).toBe("one two three");
  });

  it("runs a tool and continues with its result", async () => {
    network.mock.plan(upstream, { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] });
    const { toolResults } = await generateText({
      model: provider(model),
      prompt: "Weather?",
      tools: {
        get_weather: tool({
          description: "Weather",
          inputSchema: z.object({ city: z.string() }),
          execute: ({ city }) => `cold in ${city}`,
        }),
      },
    });
    expect(toolResults.map((result) => result.output)).toEqual(["cold in Oslo"]);
  });
});
