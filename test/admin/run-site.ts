import { createKeyspace, idFrom, type RunInput, type RunSettings } from "@tokenhub/contracts";
import { createRunStore, type RunStore } from "@tokenhub/ledger";
import { defaultSettings, modeRegistry, newRunState } from "@tokenhub/orchestration";
import { createJobProducer, type JobProducer } from "@tokenhub/queue";
import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { randomUUID } from "node:crypto";
import { adminEnvironment, administer, type AdminAnswer, type AdminQuestion } from "./admin-client.ts";

/** An installation whose orchestrations are begun behind its doors, so that a test says exactly what they are. */
export interface RunSite extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly redis: Redis;
  readonly keyspace: ReturnType<typeof createKeyspace>;
  readonly runs: RunStore;
  /** Begins a run; gives its input. */
  begin(wanted?: WantedRun): Promise<RunInput>;
  /** Calls the administration below `/admin/v1`. */
  admin(method: string, path: string, question?: AdminQuestion): Promise<AdminAnswer>;
  /** The run as the administration shows it, as soon as it has this status. */
  whenIs(runId: string, status: string): Promise<AdminAnswer["json"]>;
  /** Waits until the books have it so. */
  recorded(runId: string, status: string): Promise<void>;
  /** As if Redis had lost the run. */
  lose(input: RunInput): Promise<void>;
}

export interface WantedRun {
  readonly mode?: string;
  readonly settings?: Partial<RunSettings>;
  readonly input?: Partial<RunInput>;
  readonly question?: string;
}

const modes = modeRegistry();
const pinned = (modelId: string) => ({ modelId, allowFallback: false, minWeight: null });
/** The planner is `gpt-test`, the critic `claude-test`. */
export const cast = { primary: pinned("gpt-test"), review: pinned("claude-test") } as const;

export async function openRunSite(redisUrl: string): Promise<RunSite> {
  await using stack = new AsyncDisposableStack();
  const network = stack.use(await startTestNetwork({ redisUrl, env: { ...adminEnvironment } }));
  const keyspace = createKeyspace(network.redisPrefix);
  const redis = stack.adopt(new Redis(redisUrl), (client) => client.disconnect());
  const producer = stack.use(createJobProducer(redis, keyspace, () => undefined));
  const runs = createRunStore(redis, keyspace);
  const admin: RunSite["admin"] = (method, path, question) =>
    administer(network, method, `/admin/v1${path}`, question);
  const resources = stack.move();
  return {
    network,
    redis,
    keyspace,
    runs,
    admin,
    begin: (wanted = {}) => begin({ runs, producer }, wanted),
    whenIs: (runId, status) =>
      until(`${runId} to be ${status}`, async () => {
        const { json } = await admin("GET", `/runs/${runId}`);
        return json?.status === status ? json : null;
      }),
    async recorded(runId, status) {
      await until(`${runId} to be recorded as ${status}`, async () => {
        const { json } = await admin("GET", `/runs?status=${status}&limit=1000`);
        return json.items.some(({ id }: { id: string }) => id === runId) || null;
      });
    },
    async lose({ runId, requestId }) {
      await redis.del(keyspace.run(runId), keyspace.runLog(runId));
      await redis.del(keyspace.result(requestId), keyspace.callRow(requestId));
      await redis.zrem(keyspace.runsDue, runId);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function begin(
  { runs, producer }: { readonly runs: RunStore; readonly producer: JobProducer },
  wanted: WantedRun,
): Promise<RunInput> {
  const input = inputOf(wanted);
  const { runId } = input;
  const state = newRunState();
  const eventId = `evt_${runId}_1_begun`;
  const fact = { v: 1, type: "run-changed", eventId, occurredAtMs: Date.now(), input, state } as const;
  await runs.create({ input, state, fact, dueAtMs: Date.now() + 5_000, ttlMs: 600_000 });
  await producer.addOrchestrate({ v: 1, runId, cause: "start", traceparent: null });
  return input;
}

function inputOf({ mode: name = "adversarial", settings, input, question = "How?" }: WantedRun): RunInput {
  const mode = modes.find(name);
  if (mode === null) throw new Error(`there is no mode ${name}`);
  const normalised = mode.normalise({ ...defaultSettings(mode), ...cast, rounds: 1, ...settings });
  if (normalised.kind === "invalid") throw new Error(normalised.message);
  const nowMs = Date.now();
  return {
    v: 1,
    runId: idFrom("run", randomUUID()),
    requestId: idFrom("request", randomUUID()),
    tenantId: "default",
    projectId: null,
    keyId: null,
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: nowMs,
    deadlineAtMs: nowMs + 60_000,
    callTimeoutMs: 30_000,
    replyTo: null,
    settings: normalised.settings,
    templates: { ...mode.templates },
    bodyText: JSON.stringify({ messages: [{ role: "user", content: question }], temperature: 0.5 }),
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: null,
      estimatedInputTokens: 10,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: null,
      policy: {
        strategy: "objective",
        mode: "normal",
        maxCostPer1kUsd: null,
        maxBudgetUsd: null,
        maxLatencyMs: null,
        minContextTokens: null,
        minWeight: null,
        allowFallback: false,
        allowEscalation: true,
        allowExploration: true,
        explorationShare: 0,
        explorationTemperature: 0,
      },
    },
    maxCostUsd: null,
    worstCaseCostUsd: 0.1,
    streamsCalls: false,
    ...input,
  };
}
