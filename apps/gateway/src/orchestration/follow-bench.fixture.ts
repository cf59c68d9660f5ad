import {
  createKeyspace,
  type CallOutcome,
  type Keyspace,
  type RunCall,
  type RunEvent,
  type RunInput,
  type RunState,
} from "@tokenhub/contracts";
import { createRunStore, type RunStore } from "@tokenhub/ledger";
import { buildRunInput } from "@tokenhub/persistence/testing";
import { createBlockingConnection } from "@tokenhub/queue";
import { Redis } from "ioredis";
import { createRunChannels } from "./follow-channels.ts";
import type { FollowedEvent } from "./follow-events.ts";
import { followRun, type FollowDeps } from "./follow-run.ts";
import { decodeCursor } from "./follow-cursor.ts";

const wish = { modelId: null, allowFallback: false, minWeight: null };

/** A run as a door would start it. */
function buildRun(runId: string, own: Partial<RunInput>): RunInput {
  return buildRunInput(1, {
    runId,
    requestId: runId.replace("run_", "req_"),
    tenantId: "default",
    projectId: null,
    keyId: null,
    bodyText: JSON.stringify({ messages: [{ role: "user", content: "hello" }] }),
    streamsCalls: true,
    ...own,
  });
}

/** A run whose workers are the test: it says when a call begins, streams and ends. */
export interface PlayedRun {
  readonly runId: string;
  readonly input: RunInput;
  start(callId: string): Promise<void>;
  /** @param isAnnounced false: the frame is in the log and its announcement got lost. */
  say(callId: string, text: string, options?: { readonly isAnnounced?: boolean }): Promise<void>;
  finish(callId: string, text: string): Promise<void>;
  fail(callId: string): Promise<void>;
  decide(decision: Record<string, string>): Promise<void>;
  done(): Promise<void>;
  failRun(): Promise<void>;
  retry(): Promise<void>;
  /** What is left when the logs of streams have run out. */
  dropStreams(): Promise<void>;
  /** What is left when Redis keeps nothing of the run any more. */
  drop(): Promise<void>;
}

/** Real Redis, the real store of runs, and workers that the test plays. */
export interface FollowBench extends AsyncDisposable {
  readonly deps: FollowDeps & { readonly runs: RunStore };
  readonly keyspace: Keyspace;
  readonly redis: Redis;
  readonly subscriber: Redis;
  play(own?: Partial<RunInput>): Promise<PlayedRun>;
  /** Follows a run, all of it or behind an event. */
  follow(runId: string, after?: string): FollowedHere;
}

interface FollowedHere {
  readonly seen: FollowedEvent[];
  /** How it ended. */
  readonly ended: Promise<string>;
  stop(): void;
}

let lastRun = 0;

export function openFollowBench(
  { redisUrl, prefix }: { readonly redisUrl: string; readonly prefix: string },
  options: Partial<FollowDeps> = {},
): FollowBench {
  const keyspace = createKeyspace(prefix);
  const redis = new Redis(redisUrl);
  const subscriber = createBlockingConnection({ url: redisUrl, name: "bench", onError: () => undefined });
  const runs = createRunStore(redis, keyspace);
  const channels = createRunChannels({ subscriber, keyspace, onError: () => undefined });
  const deps = { channels, reader: redis, keyspace, pollIntervalMs: 60_000, ...options, runs };
  const stops: (() => void)[] = [];

  return {
    deps,
    keyspace,
    redis,
    subscriber,
    play: (own) => playRun({ redis, runs, keyspace }, own),
    follow(runId, after) {
      const controller = new AbortController();
      const stop = (): void => controller.abort();
      stops.push(stop);
      const seen: FollowedEvent[] = [];
      const start = after === undefined ? {} : { after: decodeCursor(after) };
      const events = followRun(deps, { runId, ...start, signal: controller.signal });
      const read = async (): Promise<string> => {
        for (;;) {
          const step = await events.next();
          if (step.done === true) return step.value;
          seen.push(...step.value);
        }
      };
      const ended = read();
      ended.catch(() => undefined);
      return { seen, ended, stop };
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop();
      channels[Symbol.dispose]();
      subscriber.disconnect();
      redis.disconnect();
      await Promise.resolve();
    },
  };
}

interface Stage {
  readonly redis: Redis;
  readonly runs: RunStore;
  readonly keyspace: ReturnType<typeof createKeyspace>;
}

async function playRun({ redis, runs, keyspace }: Stage, own: Partial<RunInput> = {}): Promise<PlayedRun> {
  lastRun += 1;
  const runId = own.runId ?? `run_${String(Date.now())}${String(lastRun).padStart(19, "0")}`;
  const input = buildRun(runId, own);
  let state: RunState = {
    v: 1,
    attempt: 1,
    calls: [],
    pastCalls: [],
    outcome: null,
    finishedAtMs: null,
  };
  let version = 1;
  let atMs = input.acceptedAtMs;
  const sequences = new Map<string, number>();
  const fact = {
    v: 1,
    type: "run-changed",
    eventId: `evt_${runId}`,
    occurredAtMs: atMs,
    input,
    state,
  } as const;
  await runs.create({ input, state, fact, dueAtMs: Date.now() + 3_600_000, ttlMs: 60_000 });

  const requestIdOf = (callId: string): string =>
    `req_${runId.slice(4)}${callId.replaceAll(/\W/g, "")}${state.attempt}`;
  const save = async (change: Partial<RunState>, event: RunEvent): Promise<void> => {
    state = { ...state, ...change };
    const saved = await runs.save({
      runId,
      expectedVersion: version,
      state,
      events: [event],
      dueAtMs: null,
      ttlMs: 60_000,
    });
    if (saved.kind !== "saved") throw new Error(`the run was not saved: ${saved.kind}`);
    ({ version } = saved);
    atMs += 10;
  };
  const about = (callId: string) => {
    const phase = callId.split(".")[0] ?? "";
    return {
      atMs,
      callId,
      phase,
      role: `${phase}-role`,
      attempt: state.attempt,
      requestId: requestIdOf(callId),
    };
  };
  const end = async (callId: string, outcome: CallOutcome): Promise<void> => {
    const calls = state.calls.map((call) => (call.spec.callId === callId ? { ...call, outcome } : call));
    await save({ calls }, { type: "phase_finished", ...about(callId), outcome });
  };
  const failure = {
    class: "fatal",
    code: "provider_error",
    message: "The provider failed.",
    providerStatus: 500,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  } as const;

  return {
    runId,
    input,
    async start(callId) {
      const { phase, role, requestId } = about(callId);
      const call: RunCall = {
        spec: {
          callId,
          phase,
          role,
          system: null,
          ask: null,
          carriesTools: false,
          carriesParameters: false,
          model: { ...wish, avoidModelIds: [], avoidProviderIds: [], rank: 0 },
          routingMode: "normal",
          maxOutputTokens: null,
          temperature: null,
        },
        attempt: state.attempt,
        requestId,
        startedAtMs: atMs,
        deadlineAtMs: input.deadlineAtMs,
        outcome: null,
      };
      await save({ calls: [...state.calls, call] }, { type: "phase_started", ...about(callId) });
    },
    async say(callId, text, { isAnnounced = true } = {}) {
      const requestId = requestIdOf(callId);
      const sequence = sequences.get(requestId) ?? 0;
      sequences.set(requestId, sequence + 1);
      const frame = (sequence === 0 ? headLine : "") + chunkOf(text);
      await redis.xadd(keyspace.streamLog(requestId), "*", "s", String(sequence), "t", frame);
      if (isAnnounced)
        await redis.publish(keyspace.replyChannel(runId), `F\n${requestId}\n${sequence}\n${frame}`);
    },
    finish: (callId, text) =>
      end(callId, {
        kind: "answered",
        text,
        toolCalls: null,
        finishReason: "stop",
        modelId: "gpt-test",
        providerId: "openai-up",
        usage: {
          inputTokens: 10,
          outputTokens: 20,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          reasoningTokens: 0,
          source: "provider",
        },
        costUsd: 0.01,
        finishedAtMs: atMs,
      }),
    fail: (callId) =>
      end(callId, {
        kind: "failed",
        failure,
        modelId: "gpt-test",
        providerId: "openai-up",
        usage: null,
        costUsd: null,
        finishedAtMs: atMs,
      }),
    decide: (decision) => save({}, { type: "decision", atMs, decision }),
    async done() {
      const last = state.calls.at(-1);
      const outcome = {
        kind: "succeeded",
        text: last?.outcome?.kind === "answered" ? last.outcome.text : "",
        toolCalls: null,
        callId: last?.spec.callId ?? "",
        reason: "adversarial-orchestration",
        artefacts: {},
      } as const;
      await save({ outcome, finishedAtMs: atMs }, { type: "done", atMs, outcome });
    },
    async failRun() {
      const outcome = { kind: "failed", failure, callId: null, artefacts: {} } as const;
      await save({ outcome, finishedAtMs: atMs }, { type: "done", atMs, outcome });
    },
    async retry() {
      state = {
        ...state,
        attempt: state.attempt + 1,
        outcome: null,
        finishedAtMs: null,
        pastCalls: state.calls,
        calls: [],
      };
      await save({}, { type: "decision", atMs, decision: { retry: "again" } });
    },
    async dropStreams() {
      await Promise.all([...sequences.keys()].map((id) => redis.unlink(keyspace.streamLog(id))));
    },
    async drop() {
      await redis.unlink(keyspace.run(runId), keyspace.runLog(runId));
    },
  };
}

const headLine = `${JSON.stringify({
  v: 1,
  wireFormat: "openai-chat",
  modelId: "gpt-test",
  providerId: "openai-up",
  upstreamModel: "up-gpt",
  reason: "named",
  attempts: 1,
  warnings: [],
})}\n`;

function chunkOf(text: string): string {
  return `data: ${JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "up-gpt",
    choices: [{ index: 0, delta: { content: text }, finish_reason: null }],
  })}\n\n`;
}
