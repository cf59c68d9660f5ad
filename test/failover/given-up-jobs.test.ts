import { createKeyspace } from "@tokenhub/contracts";
import { startTestNetwork } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { expect, inject, it } from "vitest";

it("a request whose job fails on every attempt is answered with 500 then, long before its deadline", async () => {
  await using network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  using redis = disposable(new Redis(inject("redisUrl")));
  // A key of another type than the ledger expects makes every claim fail inside Redis.
  await redis.client.set(createKeyspace(network.redisPrefix).providerHealth("openai-up"), "not a hash");
  const startedAtMs = Date.now();
  const response = await fetch(`${network.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
    body: JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: "hello" }] }),
  });
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ error: { code: "internal_error" } });
  expect(Date.now() - startedAtMs).toBeLessThan(30_000);
  expect(network.mock.calls()).toHaveLength(0);
});

function disposable(client: Redis) {
  return { client, [Symbol.dispose]: () => client.disconnect() };
}
