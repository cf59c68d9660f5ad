import { createKeyspace, errorTable, type ErrorCode } from "@tokenhub/contracts";
import { startTestNetwork, until, upstreamKey, type TestNetwork } from "@tokenhub/testkit";
import { createSseParser } from "@tokenhub/translation";
import Database from "better-sqlite3";
import { Redis } from "ioredis";
import { join } from "node:path";
import { Agent, request } from "undici";
import { expect } from "vitest";
import {
  normalWord,
  startGarbageUpstream,
  type GarbageUpstream,
  type Misbehaviour,
} from "./garbage-upstream.ts";

const callers = ["openai", "anthropic"] as const;
export const providerFormats = ["openai", "anthropic"] as const;

export type Caller = "openai" | "anthropic";
export type ProviderFormat = "openai" | "anthropic";

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

export type Outcome =
  /** An error answer with one of these codes. */
  | { readonly error: ErrorCode | readonly ErrorCode[] }
  /** Some text, then an error event. */
  | { readonly broken: string }
  /** A complete answer with exactly this text. */
  | { readonly text: string }
  /** Whatever these checks accept. */
  | { readonly check: (answer: GarbageAnswer, caller: Caller) => void };

export interface GarbageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly raw: string;
  readonly text: string;
  /** Arguments of tool calls as the caller gets them: text for OpenAI callers, objects for Anthropic ones. */
  readonly toolInputs: readonly unknown[];
  readonly error: { readonly type: string; readonly code: string | null; readonly message: string } | null;
  /** A stream with its last event, or a whole answer that is no error. */
  readonly isComplete: boolean;
  readonly usage: Readonly<Record<string, unknown>> | null;
  readonly finish: string | null;
  readonly durationMs: number;
}

export interface GarbageBench extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly upstream: GarbageUpstream;
  /**
   * Plays a case for callers and providers of both formats; checks what each caller sees, and that the provider serves an
   * ordinary request afterwards.
   */
  expectSettled(garbage: GarbageCase, options: { readonly stream: boolean }): Promise<void>;
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
      ...(isStream ? readStream(raw, caller) : readWhole(raw, caller)),
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

  async function expectMeeting(garbage: GarbageCase, meeting: Meeting): Promise<void> {
    try {
      const answer = await ask(garbage, meeting, "say hello");
      expect(answer.durationMs).toBeLessThan(patienceMs);
      expect(answer.raw).not.toContain(upstreamKey);
      expectOutcome(answer, garbage.sees, meeting);
      await heal(garbage, meeting);
    } catch (error) {
      const { provider, caller } = meeting;
      throw new Error(`with a provider that speaks ${provider} and a caller that speaks ${caller}`, {
        cause: error,
      });
    }
  }

  const resources = stack.move();
  return {
    network,
    upstream,
    async expectSettled(garbage, { stream }) {
      const formats = providerFormats.filter((format) => (garbage.only ?? format) === format);
      await Promise.all(
        formats.map(async (provider) => {
          for (const caller of callers) await expectMeeting(garbage, { provider, caller, stream });
        }),
      );
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

function expectOutcome(answer: GarbageAnswer, outcome: Outcome, { caller, stream }: Meeting): void {
  if ("check" in outcome) outcome.check(answer, caller);
  else if ("text" in outcome) {
    expect({ ...answer, raw: answer.raw.slice(0, 600) }).toMatchObject({
      status: 200,
      error: null,
      isComplete: true,
      text: outcome.text,
    });
  } else if ("broken" in outcome) {
    expect(stream).toBe(true);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(outcome.broken);
    expectError(answer, ["stream_interrupted"], caller);
    expect(answer.isComplete, "a terminal event after the error").toBe(false);
  } else {
    const codes = typeof outcome.error === "string" ? [outcome.error] : outcome.error;
    expectError(answer, codes, caller);
    expect(codes.map((code) => errorTable[code].status)).toContain(answer.status);
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(answer.text).toBe("");
  }
}

function expectError({ error, raw }: GarbageAnswer, codes: readonly ErrorCode[], caller: Caller): void {
  expect(error, raw.slice(0, 600)).not.toBeNull();
  expect(error?.message).toMatch(/^.{10,600}$/s);
  expect(error?.message, "the provider's page in the message").not.toContain("<");
  if (caller === "openai") expect(codes).toContain(error?.code);
  else expect(codes.map((code) => errorTable[code].anthropicType)).toContain(error?.type);
}

type Seen = Pick<GarbageAnswer, "text" | "toolInputs" | "error" | "isComplete" | "usage" | "finish">;

const nothing: Seen = { text: "", toolInputs: [], error: null, isComplete: false, usage: null, finish: null };

interface LooseError {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

function errorOf({ type, code, message }: LooseError): NonNullable<Seen["error"]> {
  return { type: String(type), code: typeof code === "string" ? code : null, message: String(message) };
}

interface LooseAnswer {
  readonly type?: string;
  readonly error?: LooseError;
  readonly request_id?: unknown;
  readonly choices?: readonly {
    readonly finish_reason?: string | null;
    readonly message?: LooseMessage;
    readonly delta?: LooseMessage;
  }[];
  readonly content?: readonly LooseBlock[];
  readonly delta?: { readonly text?: unknown; readonly partial_json?: string; readonly stop_reason?: string };
  readonly stop_reason?: string | null;
  readonly usage?: Readonly<Record<string, unknown>> | null;
}
/** Null: a provider may send anything in a list, and its own format is passed on as it is. */
type LooseBlock = { readonly type?: unknown; readonly text?: unknown; readonly input?: unknown } | null;
interface LooseMessage {
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly function?: { readonly arguments?: unknown } }[] | null;
}

/** Parsing throws where an answer is not JSON: callers would, too. */
function readWhole(raw: string, caller: Caller): Seen {
  const body = JSON.parse(raw) as LooseAnswer;
  if (body.error !== undefined) {
    const keys = Object.keys(body).toSorted().join();
    expect(keys).toBe(caller === "openai" ? "error" : "error,request_id,type");
    return { ...nothing, error: errorOf(body.error) };
  }
  if (caller === "anthropic") {
    expect(body).toMatchObject({ type: "message", role: "assistant", content: expect.any(Array) });
    const blocks = body.content ?? [];
    return {
      ...nothing,
      text: blocks.map((block) => (typeof block?.text === "string" ? block.text : "")).join(""),
      toolInputs: blocks.filter((block) => block?.type === "tool_use").map((block) => block?.input),
      usage: body.usage ?? null,
      finish: body.stop_reason ?? null,
      isComplete: true,
    };
  }
  const choice = body.choices?.[0];
  const { content, tool_calls: calls } = choice?.message ?? {};
  return {
    ...nothing,
    text: typeof content === "string" ? content : "",
    toolInputs: (calls ?? []).map((call) => call.function?.arguments),
    usage: body.usage ?? null,
    finish: choice?.finish_reason ?? null,
    isComplete: choice?.message !== undefined,
  };
}

function readStream(raw: string, caller: Caller): Seen {
  const events = createSseParser().push(raw);
  return events.reduce<Seen>((seen, { data }) => {
    if (caller === "openai" && data === "[DONE]") return { ...seen, isComplete: true };
    const event = JSON.parse(data) as LooseAnswer;
    if (event.error !== undefined) return { ...seen, error: errorOf(event.error) };
    return caller === "openai" ? withChunk(seen, event) : withEvent(seen, event);
  }, nothing);
}

function withChunk(seen: Seen, chunk: LooseAnswer): Seen {
  const choice = chunk.choices?.[0];
  const { content, tool_calls: calls } = choice?.delta ?? {};
  // In its own format a provider's stream is passed on as it is, nonsense included.
  const pieces = Array.isArray(calls) ? calls.map((call) => String(call.function?.arguments ?? "")) : [];
  return {
    ...seen,
    text: seen.text + (typeof content === "string" ? content : ""),
    toolInputs: pieces.length === 0 ? seen.toolInputs : [String(seen.toolInputs[0] ?? "") + pieces.join("")],
    usage: chunk.usage ?? seen.usage,
    finish: choice?.finish_reason ?? seen.finish,
  };
}

function withEvent(seen: Seen, event: LooseAnswer): Seen {
  if (event.type === "message_stop") return { ...seen, isComplete: true };
  const { text, partial_json: json, stop_reason: stop } = event.delta ?? {};
  return {
    ...seen,
    text: seen.text + (typeof text === "string" ? text : ""),
    toolInputs: json === undefined ? seen.toolInputs : [String(seen.toolInputs[0] ?? "") + json],
    usage: event.usage ?? seen.usage,
    finish: stop ?? seen.finish,
  };
}
