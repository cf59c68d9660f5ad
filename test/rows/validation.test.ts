import { createKeyspace } from "@tokenhub/contracts";
import { startTestNetwork } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { expect, inject, it } from "vitest";
import { postJson } from "../doors/post-json.ts";

const doors = [
  [
    "/v1/chat",
    [{}, { messages: [] }, { request: { messages: "hello" } }, { messages: [{ role: "nobody" }] }],
  ],
  ["/v1/chat/completions", [{}, { messages: [] }, { messages: [{ role: "user", content: 5 }] }]],
  ["/v1/completions", [{}, { prompt: 5 }, { prompt: [1, 2] }]],
  ["/v1/messages", [{}, { max_tokens: 0, messages: [{ role: "user", content: "x" }] }]],
  ["/v1/embeddings", [{}, { input: {} }]],
] as const;

it("S3-58: on every door a body that breaks its contract is a 4xx before anything is stored, queued or called", async () => {
  await using network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  const redis = new Redis(inject("redisUrl"));
  const { queuePrefix } = createKeyspace(network.redisPrefix);
  const stored = async () => (await redis.keys(`{${network.redisPrefix}}:body:*`)).length;
  const queued = async () => (await redis.keys(`${queuePrefix}:*:req_*`)).length;
  for (const [path, bodies] of doors) {
    for (const body of bodies) {
      const { status, json } = await postJson(network, path, { body });
      expect([path, status >= 400 && status < 500, "error" in json]).toEqual([path, true, true]);
    }
  }
  expect([await stored(), await queued(), network.mock.calls().length]).toEqual([0, 0, 0]);
  redis.disconnect();
});
