import {
  createKeyspace,
  decodeStoredResult,
  requestResultSchema,
  routingPolicySchema,
  type BanditSnapshot,
  type CallJob,
  type RouteJob,
} from "@tokenhub/contracts";
import {
  callQueueName,
  connectProducer,
  createBlockingConnection,
  createJobConsumer,
  createJobProducer,
  jobCatalogue,
  orchestrateQueueName,
  publishCatalogue,
} from "@tokenhub/queue";
import { createLogger } from "@tokenhub/telemetry";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { compose } from "./compose.ts";
import { buildCatalogue, buildModel } from "./testing/build-catalogue.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

let count = 0;
function jobOf(changes: Partial<RouteJob> = {}, policy: Record<string, unknown> = {}): RouteJob {
  const nowMs = Date.now();
  return {
    v: 1,
    requestId: `req_${String((count += 1)).padStart(24, "0")}`,
    tenantId: "tenant",
    projectId: null,
    keyId: null,
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: nowMs,
    deadlineAtMs: nowMs + 60_000,
    replyTo: null,
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: null,
      estimatedInputTokens: 100,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: null,
      policy: routingPolicySchema.parse(policy),
    },
    formatHeaders: {},
    round: 0,
    excluded: [],
    attempts: [],
    lastDecision: null,
    ...changes,
  };
}

/** A router worker with the queue of provider `up` in the test's hands. */
async function setup() {
  const redisUrl = inject("redisUrl");
  const redisPrefix = uniquePrefix();
  const keyspace = createKeyspace(redisPrefix);
  const onError = () => undefined;
  const connection = { url: redisUrl, name: "router-test", onError };
  const redis = stack.adopt(await connectProducer(connection), (client) => client.disconnect());
  const producer = stack.use(createJobProducer(redis, keyspace, onError));
  const catalogue = buildCatalogue({
    models: [buildModel("heavy", { weight: 90 }), buildModel("light", { weight: 10 })],
  });
  await publishCatalogue(redis, keyspace, catalogue);
  const destination = new Writable({ write: (_chunk, _encoding, done) => done() });
  stack.use(
    await compose(
      {
        redisUrl,
        redisPrefix,
        adminHost: "127.0.0.1",
        adminPort: null,
        logLevel: "error",
        concurrency: null,
        drainMs: 1_000,
      },
      { logger: createLogger({ service: "router-worker", level: "error", destination }) },
    ),
  );
  const calls: CallJob[] = [];
  stack.use(
    createJobConsumer({
      queueName: callQueueName("up"),
      definition: jobCatalogue.call,
      redis: stack.adopt(createBlockingConnection(connection), (client) => client.disconnect()),
      keyspace,
      onError,
      handler: async (job) => {
        calls.push(job);
        return { kind: "done" };
      },
    }),
  );
  const looks = () => producer.countJobs(orchestrateQueueName);
  const decisionOf = async (job: RouteJob) =>
    (await until("the call job", () => calls.find((call) => call.requestId === job.requestId))).decision;
  const resultOf = async (job: RouteJob) => {
    const stored = await until("the result", () => redis.get(keyspace.result(job.requestId)));
    return requestResultSchema.parse(JSON.parse(decodeStoredResult(stored).resultJson));
  };
  return { redis, keyspace, producer, decisionOf, resultOf, looks };
}

it("S1d-29: a request under thompson follows the beliefs that were published to Redis, others do not", async () => {
  const { redis, keyspace, producer, decisionOf } = await setup();
  const snapshot: BanditSnapshot = {
    v: 1,
    arms: [{ modelId: "light", tokenBucket: "small", alpha: 90, beta: 10, updatedAtMs: 1 }],
  };
  await redis.set(keyspace.bandit, JSON.stringify(snapshot));
  const learning = jobOf({}, { strategy: "thompson" });
  const plain = jobOf({}, { strategy: "highest_weight" });
  await producer.addRoute(learning);
  await producer.addRoute(plain);
  expect(await decisionOf(learning)).toMatchObject({
    chosen: { modelId: "light" },
    considered: [
      { modelId: "light", score: 0.9 },
      { modelId: "heavy", score: 0.5 },
    ],
  });
  expect((await decisionOf(plain)).chosen.modelId).toBe("heavy");
});

it("S1-11: a refused later round is stored with the decision before it and the reasons against every candidate", async () => {
  const { producer, decisionOf, resultOf } = await setup();
  const first = jobOf({}, { minWeight: 50 });
  await producer.addRoute(first);
  const lastDecision = await decisionOf(first);
  const failure = {
    class: "fatal",
    code: "provider_error",
    message: "The provider answered 500.",
    providerStatus: 500,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  } as const;
  const attempt = {
    modelId: "heavy",
    providerId: "up",
    round: 0,
    startedAtMs: 1,
    durationMs: 1,
    failure,
    called: true,
  };
  const excluded = {
    modelId: "heavy",
    providerId: "up",
    failureClass: "fatal",
    wholeProvider: false,
    overflowedContextTokens: null,
  } as const;
  await producer.addRoute({ ...first, round: 1, lastDecision, attempts: [attempt], excluded: [excluded] });
  expect(await resultOf(first)).toMatchObject({
    outcome: "failed",
    modelId: "heavy",
    failure: { message: "The provider answered 500." },
    decision: { chosen: { modelId: "heavy" } },
    refusal: { skippedByReason: { already_failed: 1, weight_below_limit: 1 } },
  });
});

it("a refused call of an orchestration is stored, and its run is told", async () => {
  const { producer, resultOf, looks } = await setup();
  const job = jobOf({ runId: "run_0123456789abcdef" }, { minWeight: 500 });
  await producer.addRoute(job);
  expect(await resultOf(job)).toMatchObject({ outcome: "failed", failure: { code: "no_eligible_model" } });
  await until("the look at the run", async () => (await looks())["waiting"] === 1);
});
