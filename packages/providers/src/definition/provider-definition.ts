import type { CallFailure, Operation, WireFormatName } from "@tokenhub/contracts";
import type { BuildFeatures } from "@tokenhub/translation";

/** What every provider type tells the router, the translation and the client about itself. */
export interface ProviderTraits {
  /** The value of `type` in the configuration, e.g. `vllm`. */
  readonly type: string;
  /** The format each served operation travels in; an operation that is absent is not served. */
  readonly wireFormats: Readonly<Partial<Record<Operation, WireFormatName>>>;
  /** Null: `base_url` must be configured. */
  readonly defaultBaseUrl: string | null;
  /** `optional`: without a key the call carries no credential header at all. */
  readonly credential: "required" | "optional";
  /** Request fields beyond the wire format that this server understands, e.g. `top_k`. */
  readonly extensions: readonly string[];
  /** How a translated request is written where servers of one format differ; absent: as the vendor of the format wants it. */
  readonly features?: (options: Readonly<Record<string, string>>) => BuildFeatures;
}

export interface HttpRequestInput {
  readonly operation: Operation;
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
}

export interface BuiltInCall {
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

/** A provider that answers inside the process, without any network. */
export interface BuiltInProvider extends ProviderTraits {
  answer(call: BuiltInCall): BuiltInAnswer;
}

export type AnyProvider = ProviderDefinition | BuiltInProvider;

export function isBuiltIn(provider: AnyProvider): provider is BuiltInProvider {
  return "answer" in provider;
}
