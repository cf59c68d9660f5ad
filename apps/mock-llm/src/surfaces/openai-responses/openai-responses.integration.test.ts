import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compose, type MockLlm } from "../../compose.ts";
import { collect, openAiClient } from "../../testing/clients.ts";

const tool = {
  type: "function" as const,
  name: "look_up",
  parameters: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
  strict: true,
};

describe("responses with the official client", () => {
  let mock: MockLlm;
  beforeAll(async () => {
    mock = await compose({ port: 0 });
  });
  afterAll(() => mock[Symbol.asyncDispose]());

  it("answers a text input with a completed response", async () => {
    const response = await openAiClient(mock).responses.create({
      model: "m",
      input: "Hello there",
      instructions: "Be nice.",
      metadata: { team: "a" },
    });
    expect(response.output_text).toBe("Mock answer from m: Hello there");
    expect(response.status).toBe("completed");
    expect(response.metadata).toEqual({ team: "a" });
    expect(response.usage).toMatchObject({ input_tokens: 4, output_tokens: 6, total_tokens: 10 });
  });

  it("streams the events of a text answer in their order, numbered from 0", async () => {
    const stream = await openAiClient(mock).responses.create({ model: "m", input: "Hi", stream: true });
    const events = await collect(stream);
    const types = events.map((event) => event.type);
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      ...Array.from({ length: 5 }, () => "response.output_text.delta"),
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const numbers = events.map((event) => ("sequence_number" in event ? event.sequence_number : null));
    expect(numbers).toEqual(types.map((_, index) => index));
  });

  it("gives the client's stream helper the same response as a plain call", async () => {
    mock.plan("thinker", { reasoning: "Think first.", text: "Then answer." });
    const stream = openAiClient(mock).responses.stream({ model: "thinker", input: "Hi" });
    const final = await stream.finalResponse();
    expect(final.output_text).toBe("Then answer.");
    expect(final.output).toMatchObject([
      { type: "reasoning", summary: [{ type: "summary_text", text: "Think first." }] },
      { type: "message", content: [{ type: "output_text", text: "Then answer." }] },
    ]);
    expect(final.usage?.output_tokens_details.reasoning_tokens).toBe(2);
  });

  it("calls planned tools, streamed as argument deltas, and answers after their output", async () => {
    mock.plan("tools", { toolCalls: ["look_up"] });
    const client = openAiClient(mock);
    const first = await client.responses
      .stream({ model: "tools", input: "Find it", tools: [tool] })
      .finalResponse();
    const call = first.output.find((item) => item.type === "function_call");
    expect(call).toMatchObject({ name: "look_up", arguments: '{"query":"mock"}', status: "completed" });
    const second = await client.responses.create({
      model: "tools",
      tools: [tool],
      input: [
        { role: "user", content: "Find it" },
        { type: "function_call", call_id: call?.call_id ?? "", name: "look_up", arguments: "{}" },
        { type: "function_call_output", call_id: call?.call_id ?? "", output: "found" },
      ],
    });
    expect(second.output_text).toBe("Mock answer from tools: Find it");
  });

  it("answers text.format json_schema with JSON that fits", async () => {
    const response = await openAiClient(mock).responses.create({
      model: "m",
      input: "Hi",
      text: {
        format: {
          type: "json_schema",
          name: "flag",
          schema: { type: "object", properties: { isOn: { type: "boolean" } }, required: ["isOn"] },
        },
      },
    });
    expect(JSON.parse(response.output_text)).toEqual({ isOn: true });
  });

  it("is incomplete when max_output_tokens cuts it", async () => {
    const client = openAiClient(mock);
    const request = { model: "m", input: "Hi", max_output_tokens: 2 };
    const whole = await client.responses.create(request);
    expect(whole).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output_text: "Mock answer",
    });
    const events = await collect(await client.responses.create({ ...request, stream: true }));
    expect(events.at(-1)?.type).toBe("response.incomplete");
  });
});
