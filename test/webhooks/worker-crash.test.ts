import { createKeyspace, webhookAttemptedFactSchema, type WebhookJob } from "@tokenhub/contracts";
import { connectProducer, createJobProducer } from "@tokenhub/queue";
import {
  startServiceProcess,
  startTestRedis,
  testClusterSecret,
  testWebhookAllow,
  until,
} from "@tokenhub/testkit";
import { makeWebhookSecret, sealWebhookSecret } from "@tokenhub/webhooks";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";

const secret = makeWebhookSecret(randomBytes);
const sealed = sealWebhookSecret(secret, {
  clusterSecret: Buffer.from(testClusterSecret, "hex"),
  random: randomBytes,
});

test("a worker that is killed within its attempts loses none: another one makes them again under the same ids", async () => {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startTestRedis());
  const keyspace = createKeyspace("tokenhub");
  const verifier = new Webhook(secret);
  const seen = new Map<string, number>();
  let isStuck = true;
  const receiver = createServer(async (request, response) => {
    const text = Buffer.concat(await Array.fromAsync<Buffer>(request)).toString();
    verifier.verify(text, request.headers as Record<string, string>);
    const id = String(request.headers["webhook-id"]);
    seen.set(id, (seen.get(id) ?? 0) + 1);
    if (!isStuck) response.end();
  });
  stack.defer(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  await once(receiver.listen(0, "127.0.0.1"), "listening");
  const url = `http://localhost:${(receiver.address() as AddressInfo).port}/`;

  const env = {
    REDIS_URL: redis.url,
    TOKENHUB_CLUSTER_SECRET: testClusterSecret,
    TOKENHUB_WEBHOOK_ALLOW: testWebhookAllow,
  };
  const first = stack.use(await startServiceProcess("webhook-worker", env));
  const client = stack.adopt(
    await connectProducer({ url: redis.url, name: "test", onError: () => undefined }),
    (open) => open.disconnect(),
  );
  const producer = stack.use(createJobProducer(client, keyspace, () => undefined));
  const jobs = Array.from({ length: 20 }, (_, index): WebhookJob => {
    const id = index.toString().padStart(32, "0");
    return {
      v: 1,
      deliveryId: `whd_${id}`,
      attempt: 1,
      eventId: `evt_${id}`,
      url,
      receiver: "one",
      sealedSecrets: [sealed],
      bodyText: JSON.stringify({ id: `evt_${id}` }),
    };
  });
  for (const job of jobs) await producer.addWebhook(job);
  await until("attempts under way", () => seen.size >= 8);
  await first.kill();
  isStuck = false;
  stack.use(await startServiceProcess("webhook-worker", env));

  const reported = async (): Promise<string[]> =>
    (await client.xrange(keyspace.facts, "-", "+")).map(([, fields]) => {
      const fact = webhookAttemptedFactSchema.parse(JSON.parse(fields[1] ?? ""));
      expect(fact.outcome).toBe("delivered");
      return fact.eventId;
    });
  await until("every delivery", async () => new Set(await reported()).size === jobs.length, 30_000);
  expect([...seen.keys()].toSorted()).toEqual(jobs.map(({ eventId }) => eventId).toSorted());
});
