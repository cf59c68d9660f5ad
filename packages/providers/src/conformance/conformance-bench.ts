import type { CatalogueProvider, Operation } from "@tokenhub/contracts";
import type {
  CallLimits,
  ProviderCallInput,
  ProviderClient,
  ProviderReply,
} from "../client/provider-call.ts";
import { createProviderClient } from "../client/provider-client.ts";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import type { ConformanceCall, ConformancePlan, ConformanceUpstream } from "./conformance-upstream.ts";

const upstreamWaitMs = 5_000;

/** The key every call of the suite carries. */
export const conformanceKey = "sk-conformance-0123456789abcdef";

const conformanceLimits: CallLimits = {
  headersTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
  totalTimeoutMs: 10_000,
};

/** Options of one call of the suite; what is absent is ordinary. */
export interface BenchCall {
  readonly plan?: ConformancePlan;
  readonly stream?: boolean;
  readonly apiKey?: string | null;
  readonly limits?: Partial<CallLimits>;
  readonly signal?: AbortSignal;
  /** Put behind the upstream's URL. */
  readonly baseUrlSuffix?: string;
  readonly operation?: Operation;
}

export interface BenchReply {
  readonly reply: ProviderReply;
  readonly bodyText: string;
  /** The model name that only this call has used. */
  readonly model: string;
}

/** Makes calls through one client to one upstream, each with a model name of its own so that plans do not meet. */
export class ConformanceBench implements AsyncDisposable {
  readonly client: ProviderClient = createProviderClient();
  readonly #definition: ProviderDefinition;
  readonly #upstream: ConformanceUpstream;
  #calls = 0;

  constructor(definition: ProviderDefinition, upstream: ConformanceUpstream) {
    this.#definition = definition;
    this.#upstream = upstream;
  }

  async call(options: BenchCall = {}): Promise<BenchReply> {
    const input = this.prepare(options);
    const { bodyText, upstreamModel: model } = input;
    return { reply: await this.client.call(input), bodyText, model };
  }

  /** Plans the upstream's behaviour and builds the input of a call that meets it. */
  prepare(options: BenchCall = {}): ProviderCallInput {
    this.#calls += 1;
    const { operation = "chat", stream = false, plan = {} } = options;
    const upstreamModel = `${this.#definition.type}-${this.#calls}`;
    this.#upstream.plan(upstreamModel, plan);
    return {
      provider: this.#provider(options.baseUrlSuffix ?? ""),
      definition: this.#definition,
      operation,
      apiKey: options.apiKey === undefined ? conformanceKey : options.apiKey,
      bodyText: requestBody(this.#definition, { operation, stream, model: upstreamModel }),
      stream,
      upstreamModel,
      requestId: `req_${String(this.#calls).padStart(16, "0")}`,
      signal: options.signal ?? new AbortController().signal,
      limits: { ...conformanceLimits, ...options.limits },
    };
  }

  /** What the upstream recorded of the calls with this model. */
  callsOf(model: string): readonly ConformanceCall[] {
    return this.#upstream.calls().filter((call) => call.model === model);
  }

  /** Waits until the upstream has seen the call with this model in a state. */
  waitFor(model: string, isReached: (call: ConformanceCall) => boolean): Promise<ConformanceCall> {
    return this.#upstream.waitForCall((call) => call.model === model && isReached(call), upstreamWaitMs);
  }

  /** The upstream as a configured provider. */
  provider(baseUrlSuffix = ""): CatalogueProvider {
    return this.#provider(baseUrlSuffix);
  }

  /** What the upstream recorded of requests that name no model. */
  questions(): readonly ConformanceCall[] {
    return this.#upstream.calls().filter((call) => call.model === null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }

  #provider(baseUrlSuffix: string): CatalogueProvider {
    return {
      id: `conformance-${this.#definition.type}`,
      type: this.#definition.type,
      enabled: true,
      baseUrl: this.#upstream.url + baseUrlSuffix,
      timeoutMs: 10_000,
      concurrency: 8,
      headers: { "X-Conformance": "yes" },
      options: {},
      credentialSource: "none",
      rateLimit: null,
    };
  }
}

/** Spaces and an unknown field, so that a body that was parsed and written again would differ. */
function requestBody(
  definition: ProviderDefinition,
  { operation, stream, model }: { operation: Operation; stream: boolean; model: string },
): string {
  const wireFormat = definition.wireFormats[operation];
  if (wireFormat === "openai-embeddings") {
    return `{ "model": "${model}", "input": ["grüße 🙂", "two"], "x_unknown": 1.0 }`;
  }
  if (wireFormat === "openai-completions") {
    return `{ "model": "${model}", "prompt": "grüße 🙂", "max_tokens": 100, "stream": ${stream}, "x_unknown": 1.0 }`;
  }
  const options = `"max_tokens": 100, "stream": ${stream}, "x_unknown": 1.0`;
  return `{ "model": "${model}", "messages": [{ "role": "user", "content": "grüße 🙂" }], ${options} }`;
}
