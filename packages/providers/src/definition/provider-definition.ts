import type { CallFailure, Operation, WireFormatName } from "@tokenhub/contracts";
import type { BuildFeatures } from "@tokenhub/translation";

/** What servers of a type can do; a model of theirs may do less. */
export interface ProviderCapabilities {
  readonly chat: boolean;
  /**
   * How text completions are served: on a path of their own for every model (`native`), there only for models made for
   * it and through chat for the others (`per_model`), or always through chat. See `servedAs`.
   */
  readonly completion: "native" | "per_model" | "through_chat";
  readonly embeddings: boolean;
  readonly streaming: boolean;
  readonly tools: boolean;
  readonly images: boolean;
  /** Null: it depends on the model; `discoverModels` tells where the server does. */
  readonly maxContextTokens: number | null;
}

/** What every provider type tells the router, the translation and the client about itself. */
export interface ProviderTraits {
  /** The value of `type` in the configuration, e.g. `vllm`. */
  readonly type: string;
  /** The format each served operation travels in; an operation that is absent is not served. */
  readonly wireFormats: Readonly<Partial<Record<Operation, WireFormatName>>>;
  /**
   * Whether chat is also served as OpenAI Responses, to callers who speak it: `native` unless the provider's option
   * `responses` says `chat`, `on_request` where it says `native`. Absent: never.
   */
  readonly responses?: "native" | "on_request" | undefined;
  /** Null: `base_url` must be configured. */
  readonly defaultBaseUrl: string | null;
  /** `optional`: without a key the call carries no credential header at all. */
  readonly credential: "required" | "optional";
  /** Request fields beyond the wire format that this server understands, e.g. `top_k`. */
  readonly extensions: readonly string[];
  readonly capabilities: ProviderCapabilities;
  /** How a translated request is written where servers of one format differ; absent: as the vendor of the format wants it. */
  readonly features?: (options: Readonly<Record<string, string>>) => BuildFeatures;
}

export interface HttpRequestInput {
  readonly operation: Operation;
  /** The format of `bodyText`, as `servedAs` chose it. Absent: the definition's own for the operation. */
  readonly wireFormat?: WireFormatName | undefined;
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** The body in the provider's wire format; it is sent as it is. */
  readonly bodyText: string;
  readonly stream: boolean;
  readonly upstreamModel: string;
  /** Extra headers of the provider's configuration, never credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Settings of the provider's configuration that only its definition understands. */
  readonly options: Readonly<Record<string, string>>;
  readonly requestId: string;
}

export interface HttpRequest {
  readonly method: "POST";
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
  readonly bodyText: string;
}

export interface GetRequestInput {
  readonly baseUrl: string;
  readonly apiKey: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

export interface GetRequest {
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
}

export interface DiscoveredModel {
  /** What the provider calls it. */
  readonly id: string;
  readonly ownedBy: string | null;
  /** Absent: the provider does not say. */
  readonly contextTokens?: number;
}

export interface ModelsPage {
  readonly models: readonly DiscoveredModel[];
  /** Asked for next; null: this was the last page. */
  readonly nextPageToken: string | null;
}

/** How a server is asked which models it has. */
export interface ModelsApi {
  buildRequest(input: GetRequestInput & { readonly pageToken: string | null }): GetRequest;
  /** Null: the answer is no list of models. */
  readPage(json: unknown): ModelsPage | null;
}

export interface TokenCountInput extends GetRequestInput {
  /** A request in the definition's wire format for chat. */
  readonly bodyText: string;
  readonly upstreamModel: string;
}

/** How a server is asked how many tokens a request has. */
export interface TokenCountApi {
  /** Null: the body is no request that could be counted. */
  buildRequest(input: TokenCountInput): HttpRequest | null;
  /** Null: the answer names no number. */
  readCount(json: unknown): number | null;
}

/** Response headers by lower-case name. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface FailureResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** At most 64 kB of the body. */
  readonly bodyText: string;
  /** Unix milliseconds, for a Retry-After that is a date. */
  readonly nowMs: number;
}

/** A provider that is reached over HTTP: data and pure functions, no state. */
export interface ProviderDefinition extends ProviderTraits {
  buildHttpRequest(input: HttpRequestInput): HttpRequest;
  /**
   * Classifies an answer that is not a success: a status outside 2xx, or an error object inside a 200 or a stream event.
   * The failure's `message` is ours; the provider's words are kept apart and bounded.
   */
  readFailure(response: FailureResponse): CallFailure;
  readonly models: ModelsApi;
  /** Absent: the server cannot count, so requests are estimated. */
  readonly tokenCount?: TokenCountApi;
  /** What a health check asks for, without credential; absent: the first page of the models. */
  readonly healthUrl?: (input: Pick<GetRequestInput, "baseUrl" | "options">) => string;
}

/** The instance a built-in provider acts for, as the configuration describes it. */
export interface BuiltInSettings {
  readonly providerId: string;
  readonly apiKey: string | null;
  readonly baseUrl: string | null;
  readonly options: Readonly<Record<string, string>>;
  /** Aborts when nobody waits any more or the time is up. */
  readonly signal: AbortSignal;
}

export interface BuiltInCall extends BuiltInSettings {
  readonly operation: Operation;
  readonly bodyText: string;
  readonly stream: boolean;
  readonly upstreamModel: string;
  readonly requestId: string;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

export type BuiltInAnswer =
  | { readonly kind: "body"; readonly bodyText: string }
  | { readonly kind: "stream"; readonly chunks: Iterable<string> }
  | { readonly kind: "failed"; readonly failure: CallFailure };

/**
 * A provider that answers inside the process: without any network, or with connections of its own as the classes of
 * `@tokenhub/providers/extend` do. Whatever it does is ended by the call's signal and time limits.
 */
export interface BuiltInProvider extends ProviderTraits {
  answer(call: BuiltInCall): BuiltInAnswer | Promise<BuiltInAnswer>;
  listModels(settings: BuiltInSettings): Promise<readonly DiscoveredModel[]>;
  /** True: the key is good, or none is needed. */
  validateApiKey(settings: BuiltInSettings): Promise<boolean>;
  /** Lets go of everything that was made with a key; absent: there is nothing. */
  readonly forgetKeys?: () => void;
}

export type AnyProvider = ProviderDefinition | BuiltInProvider;

export function isBuiltIn(provider: AnyProvider): provider is BuiltInProvider {
  return "answer" in provider;
}
