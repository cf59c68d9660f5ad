import {
  createKeyspace,
  decodeStoredResult,
  requestResultSchema,
  routingPolicySchema,
  type CallJob,
  type OrchestrateJob,
  type RouteJob,
} from "@tokenhub/contracts";
import { createCallLedger } from "@tokenhub/ledger";
import { createProviderClient } from "@tokenhub/providers";
import { cancelRequest } from "@tokenhub/queue";
import { createLogger, createMetrics } from "@tokenhub/telemetry";
import { uniquePrefix } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { randomUUID } from "node:crypto";
import { getEventListeners, once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import type { CallDeps } from "../call-deps.ts";
import { endGivenUp } from "../end-given-up.ts";
import { createCallEvents } from "../events.ts";
import { recoveryPolicyOf } from "../recovery-policy-of.ts";
import { createRunningCalls } from "../running-calls.ts";
import { createTargetIndex } from "../target-index.ts";
import { createExecuteCall } from "./execute-call.ts";

const redis = new Redis(inject("redisUrl"));
afterAll(() => redis.disconnect());

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

const runId = "run_0123456789abcdef";
const requestId = "req_0123456789abcdef";
const chosen = { modelId: "m", providerId: "up" };
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const completion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  usage,
};
const chunk = {
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  model: "m",
  choices: [{ index: 0, delta: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  usage,
};

const answers: RequestListener = (_request, response) => {
  response.setHeader("content-type", "application/json").end(JSON.stringify(completion));
};
const streams: RequestListener = (_request, response) => {
  response.setHeader("content-type", "text/event-stream");
  response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
};
const failsWith =
  (status: number): RequestListener =>
  (_request, response) => {
    response.statusCode = status;
    response.setHeader("content-type", "application/json").end('{"error":{"message":"no"}}');
  };

function jobOf(changes: Partial<CallJob> = {}, { stream = false } = {}): CallJob {
  const nowMs = Date.now();
  return {
    v: 1,
    requestId,
    tenantId: "tenant",
    projectId: null,
    keyId: null,
    lane: "interactive",
    traceparent: "00-trace",
    acceptedAtMs: nowMs,
    deadlineAtMs: nowMs + 30_000,
    replyTo: null,
    runId,
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream,
      requestedModel: null,
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
    decision: {
      strategy: "objective",
      mode: "normal",
      catalogueVersion: 1,
      chosen,
      estimatedCostUsd: null,
      aliasId: null,
      explored: false,
      fallbacks: [],
      reason: "named",
      considered: [],
      skippedByReason: {},
    },
    ...changes,
  };
}

/** A provider worker's handler over a real provider and the real ledger; what it enqueues is in the test's hands. */
async function setup({ provider = answers, retries = 0 } = {}) {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    request.resume();
    provider(request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const targets = createTargetIndex();
  targets.replace({
    v: 1,
    version: 1,
    providers: [
      {
        id: "up",
        type: "openai",
        enabled: true,
        baseUrl: `http://127.0.0.1:${port}/v1`,
        timeoutMs: 5_000,
        concurrency: 8,
        headers: {},
        options: {},
        credentialSource: "env",
        rateLimit: null,
      },
    ],
    models: [
      {
        id: "m",
        providerId: "up",
        upstreamName: "m",
        enabled: true,
        weight: 10,
        contextTokens: 8192,
        maxOutputTokens: null,
        price: null,
        priceSource: null,
        contextSource: null,
        capabilities: null,
        expectedLatencyMs: null,
        toolNameMap: {},
        gemma4Output: false,
      },
    ],
    aliases: [],
  });
  const keyspace = createKeyspace(uniquePrefix());
  const routed: RouteJob[] = [];
  const told: OrchestrateJob[] = [];
  const committedWhenTold: boolean[] = [];
  /** An error is the worker's death in the attempt to tell a run. */
  const deaths: Error[] = [];
  const destination = new Writable({ write: (_chunk, _encoding, done) => done() });
  const deps: CallDeps = {
    ledger: createCallLedger(redis, keyspace),
    producer: {
      addRoute: async (job) => void routed.push(job),
      addOrchestrate: async (job) => {
        const death = deaths.shift();
        if (death !== undefined) throw death;
        committedWhenTold.push((await redis.exists(keyspace.result(requestId))) === 1);
        told.push(job);
      },
    },
    client: stack.use(createProviderClient({})),
    running: createRunningCalls(),
    policy: recoveryPolicyOf({ maxRetries: retries, retryBackoffMs: 1 }),
    events: createCallEvents({
      logger: createLogger({ service: "provider-worker", level: "error", destination }),
      metrics: createMetrics({ service: "provider-worker" }),
      tracing: { current: () => null },
    }),
    findTarget: targets.find,
    keys: { find: async () => ({ kind: "key", key: "test-key" }) },
    leaseMs: 6_000,
    now: Date.now,
    random: () => 0.5,
    sleep: async () => undefined,
    newToken: () => randomUUID(),
  };
  await redis.set(
    keyspace.requestBody(requestId),
    '{"model":"m","messages":[{"role":"user","content":"hi"}]}',
  );
  const execute = createExecuteCall(deps);
  const run = (job: CallJob) => execute(job, new AbortController().signal);
  const result = async () => {
    const stored = await redis.get(keyspace.result(requestId));
    return requestResultSchema.parse(JSON.parse(decodeStoredResult(stored ?? "").resultJson));
  };
  const look = (cause = requestId): OrchestrateJob => ({ v: 1, runId, cause, traceparent: "00-trace" });
  return {
    deps,
    keyspace,
    run,
    result,
    look,
    calls: () => calls,
    routed,
    told,
    deaths,
    committedWhenTold,
  };
}

describe("a call of an orchestration", () => {
  it.each([
    ["answered whole", answers, false, "succeeded"],
    ["answered as a stream", streams, true, "succeeded"],
    ["refused by its provider", failsWith(400), false, "failed"],
  ] as const)("that was %s tells its run, after the commit", async (_how, provider, stream, outcome) => {
    const { run, result, look, told, committedWhenTold } = await setup({ provider });
    expect(await run(jobOf({}, { stream }))).toEqual({ kind: "done" });
    expect(await result()).toMatchObject({ outcome });
    expect([told, committedWhenTold]).toEqual([[look()], [true]]);
  });

  it("is not paid again when the worker died between commit and telling: the next delivery tells", async () => {
    const { run, result, look, told, deaths, calls } = await setup();
    deaths.push(new Error("killed"));
    const job = jobOf();
    await expect(run(job)).rejects.toThrow("killed");
    const committed = await result();
    expect(told).toEqual([]);
    expect(await run(job)).toEqual({ kind: "done" });
    expect(told).toEqual([look()]);
    expect(await result()).toEqual(committed);
    expect(calls()).toBe(1);
  });

  it("that was cancelled or whose body is lost tells its run without a call", async () => {
    for (const prepare of ["cancel", "lose"] as const) {
      const { run, result, look, told, keyspace, calls } = await setup();
      if (prepare === "cancel") await cancelRequest(redis, keyspace, requestId);
      else await redis.del(keyspace.requestBody(requestId));
      await run(jobOf());
      expect(await result()).toMatchObject(
        prepare === "cancel"
          ? { outcome: "cancelled" }
          : { outcome: "failed", failure: { class: "fatal", code: "queue_unavailable" } },
      );
      expect([told, calls()]).toEqual([[look()], 0]);
    }
  });

  it("whose deadline passed tells its run, by a second delivery if need be", async () => {
    const { run, look, told, deaths } = await setup();
    const job = jobOf({ deadlineAtMs: Date.now() - 1 });
    deaths.push(new Error("killed"));
    await expect(run(job)).rejects.toThrow("killed");
    await run(job);
    expect(told).toEqual([look()]);
  });

  it("that ended in other hands while its deadline passed says that the call may be over", async () => {
    const { run, look, told, deaths } = await setup();
    deaths.push(new Error("killed"));
    await expect(run(jobOf())).rejects.toThrow("killed");
    await run(jobOf({ deadlineAtMs: Date.now() - 1 }));
    expect(told).toEqual([look(`${requestId}-maybe`)]);
  });

  it("of a round that a later one has replaced says that the call may be over", async () => {
    const { deps, run, look, told } = await setup();
    await deps.ledger.claim({ requestId, providerId: "up", round: 1, token: "later", incidentJson: "{}" });
    expect(await run(jobOf())).toEqual({ kind: "done" });
    expect(told).toEqual([look(`${requestId}-maybe`)]);
  });

  it("that goes to another model, or is tried again, tells nothing yet", async () => {
    const fallbacks = [{ modelId: "other", providerId: "elsewhere" }];
    const elsewhere = await setup({ provider: failsWith(500) });
    const job = jobOf();
    await elsewhere.run({ ...job, decision: { ...job.decision, fallbacks } });
    expect(elsewhere.routed).toMatchObject([{ runId, round: 1 }]);
    const again = await setup({ provider: failsWith(500), retries: 2 });
    expect(await again.run(jobOf())).toMatchObject({ kind: "snooze" });
    expect([elsewhere.told, again.told]).toEqual([[], []]);
  });

  it("whose job was given up tells its run, whoever ended the call", async () => {
    const own = await setup();
    await endGivenUp(own.deps, jobOf());
    expect(await own.result()).toMatchObject({ outcome: "failed", failure: { code: "internal_error" } });
    expect(own.told).toEqual([own.look()]);

    const others = await setup();
    others.deaths.push(new Error("killed"));
    await expect(others.run(jobOf())).rejects.toThrow("killed");
    await endGivenUp(others.deps, jobOf());
    expect(await others.result()).toMatchObject({ outcome: "succeeded" });
    expect(others.told[0]).toEqual(others.look(`${requestId}-maybe`));
  });
});

it("a request of its own tells nobody", async () => {
  const { run, told } = await setup();
  const { runId: _, ...job } = jobOf();
  await run(job);
  await run(job);
  expect(told).toEqual([]);
});

it("a key that cannot be looked up leaves no listener on the worker's shutdown, and no call behind", async () => {
  const { deps, calls } = await setup();
  const shutdown = new AbortController();
  const execute = createExecuteCall({
    ...deps,
    keys: {
      find: async () => {
        expect(getEventListeners(shutdown.signal, "abort")).toHaveLength(1);
        throw new Error("Redis is away");
      },
    },
  });
  await expect(execute(jobOf(), shutdown.signal)).rejects.toThrow("Redis is away");
  expect(getEventListeners(shutdown.signal, "abort")).toHaveLength(0);
  expect(calls()).toBe(0);
});
