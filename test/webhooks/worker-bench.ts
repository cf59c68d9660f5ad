import { createKeyspace, webhookAttemptedFactSchema, type WebhookJob } from "@tokenhub/contracts";
import { connectProducer, createJobProducer, webhookQueueName } from "@tokenhub/queue";
import { createLogger } from "@tokenhub/telemetry";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { makeWebhookSecret, readAddressAllowList, sealWebhookSecret } from "@tokenhub/webhooks";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { compose, type WebhookWorkerConfig } from "@tokenhub/webhook-worker";

const clusterSecret = Buffer.alloc(32, 0x5a);
export const signingSecret = makeWebhookSecret(randomBytes);
const sealedSecret = sealWebhookSecret(signingSecret, { clusterSecret, random: randomBytes });

/** The queue, the facts and any number of workers of one installation. */
export async function openWorkerBench(stack: AsyncDisposableStack, redisUrl: string) {
  const redisPrefix = uniquePrefix();
  const keyspace = createKeyspace(redisPrefix);
  const onError = (): void => undefined;
  const redis = stack.adopt(
    await connectProducer({ url: redisUrl, name: "webhook-test", onError }),
    (client) => client.disconnect(),
  );
  const producer = stack.use(createJobProducer(redis, keyspace, onError));
  const logLines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logLines.push(chunk.toString());
      done();
    },
  });
  const opened = readAddressAllowList(["127.0.0.0/8"]);
  const facts = async () =>
    (await redis.xrange(keyspace.facts, "-", "+")).map(([, fields]) =>
      webhookAttemptedFactSchema.parse(JSON.parse(fields[1] ?? "")),
    );
  return {
    redisPrefix,
    producer,
    logLines,
    facts,
    startWorker: async (config: Partial<WebhookWorkerConfig> = {}) =>
      stack.use(
        await compose(
          {
            redisUrl,
            redisPrefix,
            adminHost: "127.0.0.1",
            adminPort: 0,
            logLevel: "debug",
            concurrency: null,
            drainMs: 5_000,
            timeoutMs: 5_000,
            allow: opened.kind === "ok" ? opened.allow : [],
            clusterSecret,
            ...config,
          },
          { logger: createLogger({ service: "webhook-worker", level: "debug", destination }) },
        ),
      ),
    async untilFacts(count: number) {
      await until(`${count} reports`, async () => (await redis.xlen(keyspace.facts)) >= count, 30_000);
      return facts();
    },
    untilQueueIsEmpty: () =>
      until("the queue to be empty", async () =>
        Object.values(await producer.countJobs(webhookQueueName)).every((count) => count === 0),
      ),
  };
}

/** An attempt at a receiver; its ids are new each time. */
export function buildWebhookJob(url: string, overrides: Partial<WebhookJob> = {}): WebhookJob {
  const id = randomBytes(16).toString("hex");
  return {
    v: 1,
    deliveryId: `whd_${id}`,
    attempt: 1,
    eventId: `evt_${id}`,
    url,
    receiver: url,
    sealedSecrets: [sealedSecret],
    bodyText: JSON.stringify({ id: `evt_${id}`, data: { note: "body-of-the-event" } }),
    ...overrides,
  };
}

/** A receiver on a port of its own. */
export async function startReceiver(
  stack: AsyncDisposableStack,
  handler: RequestListener,
): Promise<{ readonly url: string }> {
  const server = createServer(handler);
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=token-of-the-url` };
}
