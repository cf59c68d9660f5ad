import { createKeyspace } from "@tokenhub/contracts";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import type { InternalCall } from "../jobs/internal-call.ts";
import type { Carrier } from "./carrier.ts";
import { executedCarrier } from "./executed-carrier.ts";

const call: InternalCall = {
  kind: "execute",
  caller: {
    tenantId: "default",
    projectId: null,
    keyId: null,
    scopes: [],
    allowedModels: null,
    rates: [],
    places: [],
    budgets: [],
  },
  requestId: "req_1",
  isRepeat: true,
  isSent: true,
  createdAtMs: 0,
  deadlineAtMs: 0,
  lane: "background",
  priority: 5,
  onSubmitted: () => undefined,
  onResult: () => undefined,
};

test("a job that may have been sent before is not failed by a Redis that cannot say so: it waits for its next try", async () => {
  const redis = new Redis({ lazyConnect: true, enableOfflineQueue: false });
  const carrier: Carrier = {
    submit: () => Promise.reject(new Error("sent although nobody knows what was done before")),
    cancel: () => undefined,
    sinkFor: (reply) => reply,
    run: null,
    report: () => null,
  };
  const executed = executedCarrier(
    { redis, keyspace: createKeyspace("tokenhub") },
    { carrier, call, submission: { requestId: "req_1" } },
  );
  await expect(executed.submit()).rejects.toMatchObject({ code: "queue_unavailable" });
  redis.disconnect();
});
