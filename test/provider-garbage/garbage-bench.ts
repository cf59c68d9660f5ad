import { createKeyspace } from "@tokenhub/contracts";
import { startTestNetwork, until, upstreamKey, type TestNetwork } from "@tokenhub/testkit";
import Database from "better-sqlite3";
import { Redis } from "ioredis";
import { join } from "node:path";
import { Agent, request } from "undici";
import { faultsAmong } from "../bad-input/faults-among.ts";
import {
  normalWord,
  startGarbageUpstream,
  type GarbageUpstream,
  type Misbehaviour,
} from "./garbage-upstream.ts";
import { faultsOfOutcome, type Outcome } from "./outcome.ts";
import {
  callers,
  readStreamedAnswer,
  readWholeAnswer,
  type Caller,
  type GarbageAnswer,
} from "./seen-answer.ts";

export const providerFormats = ["openai", "anthropic"] as const;
export type ProviderFormat = (typeof providerFormats)[number];

/** What a provider does, and what its caller must see of it. */
export interface GarbageCase {
  readonly name: string;
  readonly answer: Misbehaviour;
  /** Whole-call limit of the provider; long by default, so that a busy machine adds no time-outs of its own. */
  readonly timeoutMs?: number;
  /** Only for providers of this format. */
  readonly only?: ProviderFormat;
  readonly sees: Outcome;
}

export interface GarbageBench extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly upstream: GarbageUpstream;
  /**
   * Plays a case for callers and providers of both formats; what is wrong with what they see, and with the ordinary request
   * that each sends afterwards.
   */
  faultsOf(garbage: GarbageCase, options: { readonly stream: boolean }): Promise<string[]>;
  /** Where the usage of each recorded request of a case came from; ordinary requests included. */
  usageSources(caseName: string, provider: ProviderFormat): string[];
}

interface Meeting {
  readonly provider: ProviderFormat;
  readonly caller: Caller;
  readonly stream: boolean;
}

/** No case may take longer, whatever its provider does: three tries of the longest limit and their backoffs. */
const patienceMs = 15_000;
const usualTimeoutMs = 10_000;
const healedWithinMs = 5_000;

export async function startGarbageBench(
  redisUrl: string,
  cases: readonly GarbageCase[],
): Promise<GarbageBench> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(
    await startGarbageUpstream(new Map(cases.map((garbage) => [garbage.name, garbage.answer]))),
  );
  const network = stack.use(await startTestNetwork({ redisUrl, config: configOf(cases, upstream) }));
  const redis = stack.adopt(new Redis(redisUrl), (client) => client.disconnect());
  const agent = stack.adopt(new Agent({ connections: 64 }), (pool) => pool.destroy());
  const keyspace = createKeyspace(network.redisPrefix);
  const database = stack.adopt(
    new Database(join(network.dataDirectory, "tokenhub.db"), { readonly: true }),
    (opened) => void opened.close(),
  );
  await until("all queues to be open", () => network.provider.openProviders().length > 2 * cases.length - 20);

  async function ask(
    garbage: GarbageCase,
    { provider, caller, stream }: Meeting,
    word: string,
  ): Promise<GarbageAnswer> {
    const startedAtMs = performance.now();
    const messages = [{ role: "user", content: word }];
    const model = modelOf(garbage, provider, cases);
    const response = await request(
      network.url + (caller === "openai" ? "/v1/chat/completions" : "/v1/messages"),
      {
        method: "POST",
        dispatcher: agent,
        headersTimeout: patienceMs,
        bodyTimeout: patienceMs,
        headers: { "content-type": "application/json", "x-api-key": network.apiKey },
        body: JSON.stringify({
          model,
          stream,
          messages,
          ...(caller === "anthropic" ? { max_tokens: 100 } : {}),
        }),
      },
    );
    const raw = await response.body.text();
    const durationMs = performance.now() - startedAtMs;
    const { statusCode: status, headers } = response;
    const isStream = String(headers["content-type"]).startsWith("text/event-stream");
    return {
      status,
      headers,
      raw,
      durationMs,
      ...(isStream ? readStreamedAnswer(raw, caller) : readWholeAnswer(raw, caller)),
    };
  }

  /** What a provider did to its own health must not decide the next case. */
  async function heal(garbage: GarbageCase, meeting: Meeting): Promise<void> {
    const key = keyspace.providerHealth(modelOf(garbage, meeting.provider, cases));
    await redis.del(key);
    await redis.publish(keyspace.healthChannel, key);
    let last = "";
    await until(
      `an ordinary request after the case (last: ${last})`,
      async () => {
        const answer = await ask(garbage, meeting, normalWord);
        last = answer.raw;
        return answer.status === 200 && answer.isComplete && answer.text === "hello world";
      },
      healedWithinMs,
    );
  }

  async function faultsOfMeeting(garbage: GarbageCase, meeting: Meeting): Promise<string[]> {
    const answer = await ask(garbage, meeting, "say hello");
    const faults = [
      ...faultsOfOutcome(answer, garbage.sees, meeting.caller),
      ...faultsAmong({
        [`an answer within ${patienceMs} ms`]: answer.durationMs < patienceMs,
        "no key of ours in it": !answer.raw.includes(upstreamKey),
      }),
    ];
    await heal(garbage, meeting);
    const where = `provider speaks ${meeting.provider}, caller ${meeting.caller}`;
    return faults.map((fault) => `${where}: ${fault}`);
  }

  const resources = stack.move();
  return {
    network,
    upstream,
    async faultsOf(garbage, { stream }) {
      const formats = providerFormats.filter((format) => (garbage.only ?? format) === format);
      const faults = await Promise.all(
        formats.map(async (provider) => {
          const found: string[] = [];
          for (const caller of callers)
            found.push(...(await faultsOfMeeting(garbage, { provider, caller, stream })));
          return found;
        }),
      );
      return faults.flat();
    },
    usageSources(caseName, provider) {
      const model = `${provider}-${cases.findIndex(({ name }) => name === caseName)}`;
      const rows = database.prepare("select usage_source from request_log where model_id = ?").all(model);
      return (rows as { usage_source: string }[]).map((row) => row.usage_source);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Provider and model ids are the case's place in the list, since names may hold anything. */
function modelOf(garbage: GarbageCase, provider: ProviderFormat, cases: readonly GarbageCase[]): string {
  return `${provider}-${cases.indexOf(garbage)}`;
}

function configOf(cases: readonly GarbageCase[], upstream: GarbageUpstream): Record<string, unknown> {
  const both = cases.flatMap((garbage) =>
    providerFormats
      .filter((format) => (garbage.only ?? format) === format)
      .map((format) => ({ garbage, format, id: modelOf(garbage, format, cases) })),
  );
  return {
    providers: both.map(({ garbage, format, id }) => ({
      name: id,
      type: format === "openai" ? "openai-compatible" : "anthropic",
      base_url: upstream.urlOf(garbage.name),
      api_key_env: "UPSTREAM_KEY",
      timeout_ms: garbage.timeoutMs ?? usualTimeoutMs,
    })),
    models: both.map(({ id }) => ({ id, provider: id, name: "up", context_size: 0 })),
    aliases: {},
  };
}
