import Anthropic from "@anthropic-ai/sdk";
import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { randomUUID } from "node:crypto";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

let network: TestNetwork;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  openai = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey });
  anthropic = new Anthropic({ baseURL: network.url, apiKey: network.apiKey });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

const keyed = (key: string) => ({ headers: { "Idempotency-Key": key } });
const messages = [{ role: "user" as const, content: "Hello" }];

describe("the official clients with an Idempotency-Key in `headers`", () => {
  it("get the same completion twice for one upstream call", async () => {
    const key = randomUUID();
    const ask = () => openai.chat.completions.create({ model: "gpt-test", messages }, keyed(key));
    expect(await ask()).toEqual(await ask());
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("get the same stream twice, through the clients' own helpers", async () => {
    network.mock.plan("up-gpt", { tokens: 15, tokensPerSecond: 100 });
    const key = randomUUID();
    const text = async (): Promise<string> => {
      const body = { model: "gpt-test", messages, stream: true as const };
      const stream = await openai.chat.completions.create(body, keyed(key));
      let content = "";
      for await (const chunk of stream) content += chunk.choices[0]?.delta.content ?? "";
      return content;
    };
    const [first, second] = await Promise.all([text(), text()]);
    expect(first.length).toBeGreaterThan(10);
    expect([second, await text()]).toEqual([first, first]);
    expect(network.mock.calls()).toHaveLength(1);
  });

  it("get the same message twice, whole and as a stream", async () => {
    const whole = randomUUID();
    const streamed = randomUUID();
    const body = { model: "claude-test", max_tokens: 20, messages };
    const ask = () => anthropic.messages.create(body, keyed(whole));
    const stream = () => anthropic.messages.stream(body, keyed(streamed)).finalMessage();
    expect(await ask()).toEqual(await ask());
    expect(await stream()).toEqual(await stream());
    expect(network.mock.calls()).toHaveLength(2);
  });

  it("are told of another body at once: the clients do not try 422 again", async () => {
    const key = randomUUID();
    await openai.chat.completions.create({ model: "gpt-test", messages }, keyed(key));
    const other = [{ role: "user" as const, content: "Other" }];
    const refused = openai.chat.completions.create({ model: "gpt-test", messages: other }, keyed(key));
    await expect(refused).rejects.toMatchObject({ status: 422, code: "idempotency_key_reused" });
    const again = anthropic.messages.create({ model: "gpt-test", max_tokens: 5, messages }, keyed("m"));
    await again;
    await expect(
      anthropic.messages.create({ model: "gpt-test", max_tokens: 6, messages }, keyed("m")),
    ).rejects.toMatchObject({ status: 422 });
  });

  it("upload one file, make one response and one webhook endpoint", async () => {
    const key = randomUUID();
    const upload = async () =>
      openai.files.create(
        { file: await toFile(Buffer.from("x"), "x.txt"), purpose: "user_data" },
        keyed(key),
      );
    expect((await upload()).id).toBe((await upload()).id);
    const response = () => openai.responses.create({ model: "gpt-test", input: "Hello" }, keyed(key));
    expect((await response()).id).toBe((await response()).id);
    expect(network.mock.calls()).toHaveLength(1);
  });
});
