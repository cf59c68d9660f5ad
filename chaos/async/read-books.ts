import { createKeyspace } from "@tokenhub/contracts";
import { createJobRepository, openDatabase, type Database } from "@tokenhub/persistence";
import {
  callQueueName,
  connectProducer,
  createJobProducer,
  orchestrateQueueName,
  routeQueueName,
  webhookQueueName,
} from "@tokenhub/queue";
import type { JobFacts } from "./job-facts.ts";
import { numberIn } from "./plan-job.ts";
import type { AsyncSite } from "./start-async-site.ts";

/** What database and queues hold, read beside the gateways. */
export interface Books extends AsyncDisposable {
  /** Jobs that have not ended, and deliveries that wait or are under way. */
  open(): Promise<{ readonly jobs: number; readonly deliveries: number }>;
  jobs(): Promise<JobFacts[]>;
  /** Deliveries that were given up. */
  failedDeliveries(): Promise<number>;
  /** What jobs that have not ended hold of the budgets of a key. */
  reservedNanoUsd(keyId: string): Promise<number>;
  /** Jobs in all queues of Redis. */
  queued(): Promise<number>;
}

export async function openBooks({ database: where, redis }: AsyncSite): Promise<Books> {
  await using stack = new AsyncDisposableStack();
  const { db } = stack.use(await openDatabase(where));
  const client = stack.adopt(
    await connectProducer({ url: redis.url, name: "books", onError: () => undefined }),
    (open) => open.disconnect(),
  );
  const producer = stack.use(createJobProducer(client, createKeyspace("tokenhub"), () => undefined));
  const resources = stack.move();
  const count = async (query: ReturnType<typeof unfinishedJobs | typeof deliveriesIn>): Promise<number> =>
    Number((await query.executeTakeFirstOrThrow()).count);
  return {
    open: async () => ({
      jobs: await count(unfinishedJobs(db)),
      deliveries: await count(deliveriesIn(db, ["pending", "sending"])),
    }),
    jobs: () => readJobs(db),
    failedDeliveries: () => count(deliveriesIn(db, ["failed", "discarded"])),
    reservedNanoUsd: (id) => createJobRepository(db).reservedNanoUsd({ kind: "key", id }),
    async queued() {
      let sum = 0;
      for (const name of queueNames)
        for (const jobs of Object.values(await producer.countJobs(name))) sum += jobs;
      return sum;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const queueNames = [
  routeQueueName,
  orchestrateQueueName,
  webhookQueueName,
  ...["first", "second", "third"].map(callQueueName),
];

function unfinishedJobs(db: Database["db"]) {
  return db
    .selectFrom("jobs")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("finished_at_ms", "is", null);
}

function deliveriesIn(
  db: Database["db"],
  states: readonly ("pending" | "sending" | "failed" | "discarded")[],
) {
  return db
    .selectFrom("webhook_deliveries")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("state", "in", [...states]);
}

async function readJobs(db: Database["db"]): Promise<JobFacts[]> {
  const rows = await db
    .selectFrom("jobs")
    .select([
      "id",
      "body",
      "state",
      "is_stream",
      "error_code",
      "error_message",
      "finished_at_ms",
      "webhook_json",
    ])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    number: numberIn(row.body),
    state: row.state,
    isStream: Boolean(row.is_stream),
    errorCode: row.error_code,
    errorMessage: row.error_message,
    finishedAtMs: row.finished_at_ms === null ? null : Number(row.finished_at_ms),
    webhookPath: pathOf(row.webhook_json),
  }));
}

function pathOf(webhookJson: string | null): string | null {
  if (webhookJson === null) return null;
  const { url } = JSON.parse(webhookJson) as { readonly url: string };
  return new URL(url).pathname;
}
