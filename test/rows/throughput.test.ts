import { startTestNetwork } from "@tokenhub/testkit";
import { expect, inject, it } from "vitest";
import { postJson } from "../doors/post-json.ts";

it("S3-69: throughput is what the provider's own speed and the allowed concurrency give, not less", async () => {
  const concurrency = 8;
  const latencyMs = 250;
  const requests = 64;
  await using network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    config: {
      models: [{ id: "slow", provider: "narrow", name: "up-slow" }],
      providers: [
        {
          name: "narrow",
          type: "openai-compatible",
          base_url: "http://127.0.0.1:1",
          api_key_env: "UPSTREAM_KEY",
        },
      ],
      aliases: {},
    },
  });
  await network.reload({
    models: [{ id: "slow", provider: "narrow", name: "up-slow" }],
    providers: [
      {
        name: "narrow",
        type: "openai-compatible",
        base_url: network.mock.url,
        api_key_env: "UPSTREAM_KEY",
        concurrency,
      },
    ],
    aliases: {},
  });
  network.mock.plan("up-slow", { latencyMs });
  const body = { model: "slow", messages: [{ role: "user", content: "hello" }] };
  await postJson(network, "/v1/chat/completions", { body });
  const startedAtMs = performance.now();
  const answers = await Promise.all(
    Array.from({ length: requests }, () => postJson(network, "/v1/chat/completions", { body })),
  );
  const tookMs = performance.now() - startedAtMs;
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: requests }, () => 200));
  const bestMs = (requests / concurrency) * latencyMs;
  expect(tookMs).toBeGreaterThan(bestMs * 0.9);
  // Room for a busy machine: what the service adds is a fraction of what the provider takes.
  expect(tookMs).toBeLessThan(bestMs * 2);
});
