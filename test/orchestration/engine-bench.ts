import {
  createKeyspace,
  decodeStoredResult,
  requestResultSchema,
  type Keyspace,
  type RequestResult,
  type RunInput,
  type RunState,
} from "@tokenhub/contracts";
import { createRunStore, type RunStore } from "@tokenhub/ledger";
import { newRunState } from "@tokenhub/orchestration";
import { connectProducer, createJobProducer, type JobProducer } from "@tokenhub/queue";
import { until } from "@tokenhub/testkit";
import type { Redis } from "ioredis";
import {
  buildRunInput,
  type RunOptions,
} from "../../apps/orchestrator-worker/src/testing/build-run-input.ts";

export interface Answer {
  readonly result: RequestResult;
  /** The body as JSON. */
  readonly body: {
    readonly id?: string;
    readonly model?: string;
    readonly choices?: readonly {
      readonly message: { readonly content: string | null; readonly tool_calls?: readonly unknown[] };
      readonly finish_reason: string;
    }[];
    readonly usage?: Record<string, unknown>;
    readonly tokenhub_run: {
      readonly status: string;
      readonly phases: readonly Record<string, unknown>[];
      readonly artefacts: Record<string, unknown>;
      readonly error: { readonly code: string } | null;
      readonly result: string | null;
      readonly total_tokens: number;
    } & Record<string, unknown>;
  };
}

/** Begins orchestrations as a door would, straight through the run store and the queue, and sees what becomes of them. */
export interface EngineBench extends AsyncDisposable {
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly runs: RunStore;
  readonly producer: JobProducer;
  /** Stores a run that nobody has been told of. */
  store(options: RunOptions): Promise<RunInput>;
  /** Stores a run and tells the orchestrator. */
  begin(options: RunOptions): Promise<RunInput>;
  stateOf(input: RunInput): Promise<RunState>;
  /** Waits for the result of the caller's request. */
  answerOf(input: RunInput, timeoutMs?: number): Promise<Answer>;
}

/** The models of servers of one's own in `engine.test.ts`. */
const allowedModelIds = ["gpt-test", "second-test", "spare-test"];

export async function openEngineBench(redisUrl: string, redisPrefix: string): Promise<EngineBench> {
  await using stack = new AsyncDisposableStack();
  const keyspace = createKeyspace(redisPrefix);
  const onError = (): void => undefined;
  const redis = stack.adopt(
    await connectProducer({ url: redisUrl, name: "engine-test", onError }),
    (client) => client.disconnect(),
  );
  const producer = stack.use(createJobProducer(redis, keyspace, onError));
  const runs = createRunStore(redis, keyspace);

  const store: EngineBench["store"] = async (options) => {
    const input = buildRunInput({ allowedModelIds, ...options });
    const state = newRunState();
    const { runId, acceptedAtMs: occurredAtMs } = input;
    const fact = {
      v: 1,
      type: "run-changed",
      eventId: `evt_${runId}`,
      occurredAtMs,
      input,
      state,
    } as const;
    const dueAtMs = Date.now() + 30_000;
    await runs.create({ input, state, fact, dueAtMs, ttlMs: 600_000 });
    return input;
  };
  const resources = stack.move();
  return {
    redis,
    keyspace,
    runs,
    producer,
    store,
    async begin(options) {
      const input = await store(options);
      await producer.addOrchestrate({ v: 1, runId: input.runId, cause: "start", traceparent: null });
      return input;
    },
    async stateOf({ runId }) {
      const run = await runs.load(runId, { withInput: false });
      if (run === null) throw new Error(`${runId} is gone`);
      return run.state;
    },
    async answerOf({ requestId, runId, settings }, timeoutMs = 15_000) {
      const text = await until(
        `the end of ${settings.mode} ${runId}`,
        () => redis.get(keyspace.result(requestId)),
        timeoutMs,
      );
      const { resultJson, body } = decodeStoredResult(text);
      return { result: requestResultSchema.parse(JSON.parse(resultJson)), body: JSON.parse(body) };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
