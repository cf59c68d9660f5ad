import { createKeyspace, type WebhookEvent, type WebhookJob } from "@tokenhub/contracts";
import {
  createSigningSecretRepository,
  createWebhookDeliveryRepository,
  recordWebhookEvents,
  type Database,
} from "@tokenhub/persistence";
import { describeDatabases } from "@tokenhub/persistence/testing";
import {
  connectProducer,
  createBlockingConnection,
  createJobConsumer,
  createJobProducer,
  jobCatalogue,
  webhookQueueName,
} from "@tokenhub/queue";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { openWebhookSecret, webhookBodyOf } from "@tokenhub/webhooks";
import { randomBytes } from "node:crypto";
import { expect, inject, onTestFinished, test } from "vitest";
import { startRelay, type RelayOptions } from "./relay.ts";
import { newDeliveryId } from "./webhook-recording.ts";
import { createWebhookSecrets } from "./webhook-secrets.ts";
import { webhookEventOf } from "./webhook-event-of.ts";

const clusterSecret = Buffer.alloc(32, 3);

function eventOf(number: number): WebhookEvent {
  const id = `job_${number}`;
  return webhookEventOf({
    type: "job.succeeded",
    subjectId: id,
    tenantId: "tenant-a",
    projectId: null,
    createdAtMs: 1_795_000_000_000,
    data: { id },
  });
}

describeDatabases(({ openMigrated, openAgain }) => {
  async function setUp() {
    const database = await openMigrated();
    const keyspace = createKeyspace(uniquePrefix());
    const stack = new AsyncDisposableStack();
    onTestFinished(() => stack.disposeAsync());
    const errors: unknown[] = [];
    const connect = async () =>
      stack.adopt(
        await connectProducer({ url: inject("redisUrl"), name: "relay-test", onError: () => undefined }),
        (client) => client.disconnect(),
      );
    const redis = await connect();
    const worked: WebhookJob[] = [];
    /** Takes the jobs as a worker does, and says nothing of them. */
    const work = (): void => {
      const blocking = createBlockingConnection({
        url: inject("redisUrl"),
        name: "relay-test-worker",
        onError: () => undefined,
      });
      stack.adopt(blocking, (client) => client.disconnect());
      stack.use(
        createJobConsumer({
          queueName: webhookQueueName,
          definition: jobCatalogue.webhook,
          redis: blocking,
          keyspace,
          onError: () => undefined,
          handler: async (job) => {
            worked.push(job);
            return { kind: "done" };
          },
        }),
      );
    };
    work();
    const secrets = createWebhookSecrets({ clusterSecret, random: randomBytes });
    const start = ({ db = database.db, ...options }: Partial<RelayOptions> & { db?: Database["db"] } = {}) =>
      stack.use(
        startRelay({
          deliveries: createWebhookDeliveryRepository(db),
          tenantSecrets: createSigningSecretRepository(db),
          secrets,
          producer: stack.use(createJobProducer(redis, keyspace, () => undefined)),
          now: Date.now,
          onError: (error) => void errors.push(error),
          ...options,
        }),
      );
    const jobs = (count: number): Promise<WebhookJob[]> =>
      until(`${count} jobs`, () => (worked.length >= count ? worked : null));
    /** Events for the URL of a job, signed with its own secret unless that is null. */
    const record = (numbers: readonly number[], sealedSecret: string | null = secrets.seal("whsec_own")) =>
      recordWebhookEvents(database.db, {
        events: numbers.map(eventOf),
        jobWebhooks: new Map(
          numbers.map((number) => [
            eventOf(number).id,
            { url: `https://r${number}.example.com/`, sealedSecret, eventTypes: null },
          ]),
        ),
        newId: newDeliveryId,
        nowMs: Date.now(),
      });
    const deliveries = createWebhookDeliveryRepository(database.db);
    return { database, redis, errors, start, jobs, record, deliveries, openOther: () => openAgain(database) };
  }

  test("a delivery that was recorded is in the queue as soon as the relay is woken, with nothing opened", async () => {
    const { start, jobs, record } = await setUp();
    const relay = start();
    await record([1]);
    relay.wake();
    const [job] = await jobs(1);
    expect(job).toMatchObject({
      attempt: 1,
      eventId: eventOf(1).id,
      url: "https://r1.example.com/",
      bodyText: webhookBodyOf(eventOf(1)),
    });
    expect(JSON.stringify(job)).not.toContain("whsec_");
    expect(openWebhookSecret(job?.sealedSecrets[0] ?? "", clusterSecret)).toBe("whsec_own");
  });

  test("several gateways at once make one job of each delivery", async () => {
    const { start, jobs, record, openOther } = await setUp();
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    await record(numbers);
    const other = await openOther();
    start();
    start(other === null ? {} : { db: other.db });
    const found = await jobs(40);
    expect(new Set(found.map(({ eventId }) => eventId)).size).toBe(40);
    expect(found.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  test("the tenant's secret is made when a delivery first needs it, and used from then on", async () => {
    const { start, jobs, record, database } = await setUp();
    await record([1, 2], null);
    start();
    const [first, second] = await jobs(2);
    expect(first?.sealedSecrets).toHaveLength(1);
    expect(first?.sealedSecrets).toEqual(second?.sealedSecrets);
    expect(openWebhookSecret(first?.sealedSecrets[0] ?? "", clusterSecret)).toMatch(/^whsec_/);
    expect(await createSigningSecretRepository(database.db).get("tenant-a")).toMatchObject({
      hint: expect.stringMatching(/^whsec_\.\.\./),
    });
  });

  test("what Redis does not take stays due, and goes as soon as it does", async () => {
    const { start, jobs, record, redis, errors, deliveries } = await setUp();
    await record([1]);
    redis.disconnect();
    const relay = start();
    await until("the trouble to be told", () => errors.length > 0);
    expect((await deliveries.page({ limit: 1 })).items).toMatchObject([{ state: "pending", attempt: 0 }]);
    await redis.connect().catch(() => undefined);
    relay.wake();
    expect(await jobs(1)).toHaveLength(1);
  });

  test("an attempt of which nothing is heard is sent again under its number, also without being woken", async () => {
    const { start, jobs, record, deliveries } = await setUp();
    await record([1]);
    const [claimed] = await deliveries.claim({ nowMs: Date.now(), perReceiver: 1, limit: 1 });
    start({ lostAfterMs: 40 });
    const [job] = await jobs(1);
    expect([job?.deliveryId, job?.attempt]).toEqual([claimed?.id, 1]);
  });
});
