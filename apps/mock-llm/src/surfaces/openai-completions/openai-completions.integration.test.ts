import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compose, type MockLlm } from "../../compose.ts";
import { collect, openAiClient } from "../../testing/clients.ts";

describe("text completions with the official client", () => {
  let mock: MockLlm;
  beforeAll(async () => {
    mock = await compose({ port: 0 });
  });
  afterAll(() => mock[Symbol.asyncDispose]());

  it("answers a prompt", async () => {
    const answer = await openAiClient(mock).completions.create({ model: "m", prompt: "Once upon" });
    expect(answer.choices[0]).toMatchObject({ text: "Mock answer from m: Once upon", finish_reason: "stop" });
    expect(answer.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 6 });
  });

  it("streams a prompt's answer word by word with usage at the end", async () => {
    const stream = await openAiClient(mock).completions.create({
      model: "m",
      prompt: "Once",
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    expect(chunks.map((chunk) => chunk.choices[0]?.text ?? "").join("")).toBe("Mock answer from m: Once");
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(5);
  });
});
