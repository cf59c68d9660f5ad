import { startTestNetwork } from "@tokenhub/testkit";
import { expect, inject, it } from "vitest";
import { postJson } from "../doors/post-json.ts";

/** OpenAI, Anthropic and vLLM on one mock; weights say who is asked first. */
async function startThree() {
  const network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  await network.reload({
    providers: [
      { name: "openai", type: "openai", base_url: network.mock.url, api_key_env: "UPSTREAM_KEY" },
      { name: "anthropic", type: "anthropic", base_url: network.mock.url, api_key_env: "UPSTREAM_KEY" },
      { name: "vllm-local", type: "vllm", base_url: network.mock.url },
    ],
    models: [
      { id: "gpt-4", provider: "openai", weight: 90, cost_per_1k: 0.03, context_size: 8_192 },
      { id: "claude-2", provider: "anthropic", weight: 85, cost_per_1k: 0.01, context_size: 100_000 },
      {
        id: "llama-local",
        provider: "vllm-local",
        name: "meta-llama/Llama-2-70b-chat-hf",
        weight: 70,
        cost_per_1k: 0,
      },
    ],
    aliases: {},
  });
  return network;
}

const ask = (network: { url: string }, content: string, rest: object = {}) =>
  postJson(network, "/v1/chat/completions", {
    body: { messages: [{ role: "user", content }], tokenhub: { strategy: "weight_minus_cost" }, ...rest },
  });

it("S3-1: one service routes between OpenAI, Anthropic and vLLM, fails over and escalates", async () => {
  await using network = await startThree();
  const modelOf = async (...question: [content: string, rest?: object]) => {
    const { status, headers } = await ask(network, ...question);
    return [status, headers.get("x-tokenhub-model")];
  };
  expect(await modelOf("hello")).toEqual([200, "gpt-4"]);
  expect(await modelOf("word ".repeat(9_000))).toEqual([200, "claude-2"]);
  network.mock.plan("gpt-4", { steps: [{ kind: "status", status: 401, repeat: true }] });
  expect(await modelOf("hello")).toEqual([200, "claude-2"]);
  network.mock.plan("claude-2", { steps: [{ kind: "status", status: 401, repeat: true }] });
  expect(await modelOf("hello")).toEqual([200, "llama-local"]);
});
