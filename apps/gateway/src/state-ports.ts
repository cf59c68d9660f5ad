import type { Catalogue, Keyspace } from "@tokenhub/contracts";
import { readProviderHealth } from "@tokenhub/ledger";
import {
  callQueueName,
  orchestrateQueueName,
  routeQueueName,
  webhookQueueName,
  type JobProducer,
} from "@tokenhub/queue";
import type { Redis } from "ioredis";
import type { StatePorts } from "./state-gauges.ts";

export interface StatePortsOptions {
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly producer: Pick<JobProducer, "countJobs" | "oldestJobAgeMs">;
  readonly catalogue: () => Catalogue;
}

/** The shared state as Redis has it. */
export function createStatePorts({
  redis,
  keyspace,
  producer,
  catalogue,
}: StatePortsOptions): Omit<StatePorts, "requestsInFlight"> {
  const providerIds = (): string[] => catalogue().providers.map(({ id }) => id);
  return {
    providerIds,
    queueNames: () => [
      routeQueueName,
      orchestrateQueueName,
      webhookQueueName,
      ...providerIds().map(callQueueName),
    ],
    countJobs: (queueName) => producer.countJobs(queueName),
    oldestJobAgeMs: (queueName) => producer.oldestJobAgeMs(queueName),
    providerHealth: () => readProviderHealth(redis, keyspace, providerIds()),
    // A recorded fact is deleted from the stream.
    unrecordedFacts: () => redis.xlen(keyspace.facts),
    isQueueReachable: () => redis.status === "ready",
  };
}
