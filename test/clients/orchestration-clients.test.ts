import Anthropic from "@anthropic-ai/sdk";
import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

let network: TestNetwork;
let openai: OpenAI;
let anthropic: Anthropic;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  openai = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey, maxRetries: 2 });
  anthropic = new Anthropic({ baseURL: network.url, apiKey: network.apiKey, maxRetries: 2 });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
  // Which model answers last may differ from run to run.
  for (const upstream of ["up-gpt", "up-claude", "up-spare"])
    network.mock.plan(upstream, { text: "The answer" });
});

const messages = [{ role: "user" as const, content: "Design a system" }];
const modes = [
  ["planning", 1],
  ["adversarial", 3],
  ["refine", 3],
  ["vote", 4],
] as const;

describe("the official openai client", () => {
  it.each(modes)("runs tokenhub/%s as if it were a model, whole and streamed", async (mode, calls) => {
    const model = `tokenhub/${mode}`;
    const { data, response } = await openai.chat.completions.create({ model, messages }).withResponse();
    expect(data.choices[0]?.message.content).toBeTruthy();
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-tokenhub-run")).toMatch(/^run_/);
    expect(network.mock.calls()).toHaveLength(calls);
    network.mock.clearCalls();
    const stream = await openai.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(data.choices[0]?.message.content);
    expect(usage?.total_tokens).toBeGreaterThan(0);
    expect(network.mock.calls()).toHaveLength(calls);
  });

  it("gets tool calls of the final phase, and goes on with their results", async () => {
    network.mock.plan("up-gpt", { toolCalls: [{ name: "look_up", arguments: { of: "x" } }] });
    network.mock.plan("up-claude", { toolCalls: [{ name: "look_up", arguments: { of: "x" } }] });
    const tools = [
      { type: "function" as const, function: { name: "look_up", parameters: { type: "object" } } },
    ];
    const first = await openai.chat.completions.create({ model: "tokenhub/refine", messages, tools });
    const [choice] = first.choices;
    expect(choice?.finish_reason).toBe("tool_calls");
    const [call] = choice?.message.tool_calls ?? [];
    expect(call).toMatchObject({ type: "function", function: { name: "look_up", arguments: '{"of":"x"}' } });
    if (choice === undefined || call === undefined) throw new Error("no tool was called");
    network.mock.clearPlans();
    const second = await openai.chat.completions.create({
      model: "tokenhub/refine",
      messages: [...messages, choice.message, { role: "tool", tool_call_id: call.id, content: "found" }],
      tools,
    });
    expect(second.choices[0]?.finish_reason).toBe("stop");
  });

  it("gets a run's failure as its own error, and does not pay for it again", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl") });
    for (const upstream of ["up-gpt", "up-claude", "up-spare"])
      own.mock.plan(upstream, { steps: [{ kind: "status", status: 400, message: "no", repeat: true }] });
    const client = new OpenAI({ baseURL: `${own.url}/v1`, apiKey: own.apiKey, maxRetries: 2 });
    const error: unknown = await client.chat.completions
      .create({ model: "tokenhub/adversarial", messages })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: "provider_bad_request", type: "invalid_request_error" });
    const plans = own.mock.calls().length;
    expect(plans).toBeLessThanOrEqual(3);
  });

  it("lists the virtual models beside the others", async () => {
    const ids = (await openai.models.list()).data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["gpt-test", ...modes.map(([mode]) => `tokenhub/${mode}`)]));
  });
});

describe("the official anthropic client", () => {
  it.each(modes)("runs tokenhub/%s as if it were a model, whole and streamed", async (mode, calls) => {
    const model = `tokenhub/${mode}`;
    const whole = await anthropic.messages.create({ model, messages, max_tokens: 200 });
    expect(whole).toMatchObject({ type: "message", stop_reason: "end_turn", content: [{ type: "text" }] });
    expect(whole.usage.input_tokens).toBeGreaterThan(0);
    expect(network.mock.calls()).toHaveLength(calls);
    network.mock.clearCalls();
    const streamed = await anthropic.messages.stream({ model, messages, max_tokens: 200 }).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.usage.output_tokens).toBeGreaterThan(0);
    expect(network.mock.calls()).toHaveLength(calls);
  });

  it("gets a run's failure as its own error", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl") });
    for (const upstream of ["up-gpt", "up-claude", "up-spare"])
      own.mock.plan(upstream, { steps: [{ kind: "status", status: 400, message: "no", repeat: true }] });
    const client = new Anthropic({ baseURL: own.url, apiKey: own.apiKey, maxRetries: 2 });
    const error: unknown = await client.messages
      .create({ model: "tokenhub/vote", messages, max_tokens: 50 })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
  });
});
