import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

let network: TestNetwork;
let client: OpenAI;
beforeAll(async () => {
  const config = {
    models: [
      { id: "renamed", provider: "openai-up", name: "up-renamed", tool_name_map: { WebSearch: "search" } },
      { id: "gemma", provider: "openai-up", name: "up-gemma", gemma4_output: true },
    ],
    aliases: {},
  };
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), config });
  client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey, maxRetries: 0 });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => network.mock.clearCalls());

const tools = [
  {
    type: "function" as const,
    function: { name: "search", parameters: { type: "object", properties: { query: { type: "string" } } } },
  },
];
const messages = [{ role: "user" as const, content: "look it up" }];

/** Text and tool calls of an answer, asked for whole or as a stream. */
async function answerOf(model: string, { stream }: { stream: boolean }) {
  const request = { model, messages, tools };
  const completion = stream
    ? await client.chat.completions.stream(request).finalChatCompletion()
    : await client.chat.completions.create(request);
  const choice = completion.choices[0];
  const calls = (choice?.message.tool_calls ?? []).flatMap((call) =>
    call.type === "function" && "function" in call ? [call.function] : [],
  );
  return { text: choice?.message.content ?? "", calls, finishReason: choice?.finish_reason };
}

describe.each([{ stream: false }, { stream: true }])("with stream $stream", (how) => {
  it("a model that knows its tools by other names is offered those, and its calls come back under the client's", async () => {
    network.mock.plan("up-renamed", { toolCalls: [{ name: "WebSearch", arguments: { query: "x" } }] });
    const { calls } = await answerOf("renamed", how);
    expect(calls).toMatchObject([{ name: "search", arguments: '{"query":"x"}' }]);
    const sent = network.mock.calls().at(-1)?.body as { tools: { function: { name: string } }[] };
    expect(sent.tools[0]?.function.name).toBe("WebSearch");
  });

  it("a model that writes thoughts and calls as tokens into its text answers with members like any other", async () => {
    network.mock.plan("up-gemma", {
      text: '<|channel>thought\nhm<channel|><|tool_call>call:search{query:<|"|>x<|"|>}<tool_call|>',
    });
    const { text, calls, finishReason } = await answerOf("gemma", how);
    expect([text, finishReason]).toEqual(["", "tool_calls"]);
    expect(calls).toMatchObject([{ name: "search", arguments: '{"query":"x"}' }]);
  });

  it("plain answers of such a model are untouched", async () => {
    network.mock.plan("up-gemma", { text: "no tokens here" });
    expect((await answerOf("gemma", how)).text).toBe("no tokens here");
  });
});
