import { createKeyspace, routingPolicySchema, type RouteJob } from "@tokenhub/contracts";
import { connectProducer, createJobProducer } from "@tokenhub/queue";
import { startTestNetwork, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { expect, inject, it } from "vitest";

it("a job that is delivered again after its request ended makes no second call", async () => {
  await using network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  const response = await fetch(`${network.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
    body: JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: "once" }] }),
  });
  expect(response.status).toBe(200);
  const requestId = response.headers.get("x-request-id") ?? "";

  const keyspace = createKeyspace(network.redisPrefix);
  const redis = await connectProducer({ url: inject("redisUrl"), name: "test", onError: () => undefined });
  await using producer = createJobProducer(redis, keyspace, () => undefined);
  const job: RouteJob = {
    v: 1,
    requestId,
    tenantId: "default",
    projectId: null,
    keyId: null,
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: Date.now(),
    deadlineAtMs: Date.now() + 60_000,
    replyTo: null,
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: "gpt-test",
      estimatedInputTokens: 1,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: null,
      policy: routingPolicySchema.parse({}),
    },
    formatHeaders: {},
    round: 0,
    excluded: [],
    attempts: [],
    lastDecision: null,
  };
  await producer.addRoute(job);
  const reader = new Redis(inject("redisUrl"));
  const openJobs = async (queue: string) =>
    Object.values(await producer.countJobs(queue)).reduce((sum, count) => sum + count, 0);
  await until(
    "both queues to be empty again",
    async () => (await openJobs("route")) + (await openJobs("call.openai-up")) === 0,
  );
  // The body is gone since the commit, so even a wrong claim could not have called; the row must say that it is done.
  expect(await reader.hget(keyspace.callRow(requestId), "state")).toBe("done");
  expect(network.mock.calls()).toHaveLength(1);
  reader.disconnect();
  redis.disconnect();
});
