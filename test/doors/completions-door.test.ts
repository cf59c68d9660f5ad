import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { postJson } from "./post-json.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());

it("S3-11, S3-31, S4-11: a prompt is completed without a model being named, in the shape of OpenAI's completions", async () => {
  const { status, json } = await postJson(network, "/v1/completions", {
    body: { prompt: "Once upon a time", max_tokens: 200, temperature: 0.8 },
  });
  expect(status).toBe(200);
  expect(json).toMatchObject({ object: "text_completion", choices: [{ index: 0, finish_reason: "stop" }] });
  expect((json["choices"] as { text: string }[])[0]?.text).toContain("Once upon a time");
});

it("S3-12, S4-30: models of both formats that only chat complete text, streamed and whole, for the official client", async () => {
  const client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey, maxRetries: 0 });
  for (const model of ["gpt-test", "claude-test"]) {
    const whole = await client.completions.create({ model, prompt: "one two", max_tokens: 20 });
    expect(whole.choices[0]?.text).toContain("one two");
    let text = "";
    for await (const chunk of await client.completions.create({
      model,
      prompt: "one two",
      max_tokens: 20,
      stream: true,
    }))
      text += chunk.choices[0]?.text ?? "";
    expect(text).toBe(whole.choices[0]?.text);
  }
});

it("S3-97, S3-34: other methods are 405, broken JSON 400, both as JSON", async () => {
  for (const path of ["/v1/completions", "/v1/chat/completions", "/v1/chat"]) {
    const wrongMethod = await fetch(network.url + path, {
      headers: { authorization: `Bearer ${network.apiKey}` },
    });
    expect([wrongMethod.status, wrongMethod.headers.get("content-type")]).toEqual([
      405,
      "application/json; charset=utf-8",
    ]);
    const broken = await fetch(network.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
      body: '{"prompt": ',
    });
    expect([broken.status, broken.headers.get("content-type")]).toEqual([
      400,
      "application/json; charset=utf-8",
    ]);
  }
});

it("S4-30: a model without the capability completion does not complete", async () => {
  const config = {
    models: [{ id: "talker", provider: "openai-up", name: "up-t", capabilities: ["chat"] }],
    aliases: {},
  };
  await using own = await startTestNetwork({ redisUrl: inject("redisUrl"), config });
  const { status, json } = await postJson(own, "/v1/completions", { body: { prompt: "x", model: "talker" } });
  expect(status).toBe(400);
  expect(json["error"]).toMatchObject({ code: "no_eligible_model" });
});
