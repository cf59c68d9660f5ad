/**
 * What the author of a provider class writes. The names of the fields inside requests and answers are those of the wire
 * (snake case), so that an adapter can pass them on as they are.
 */

export interface ChatMessage {
  /** `system`, `user`, `assistant`, `tool`, ... */
  readonly role: string;
  /** The text; parts of text are joined by line breaks. */
  readonly content: string;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** What the provider calls the model. */
  readonly model: string;
  readonly max_tokens?: number;
  readonly temperature?: number;
  /** The whole request in the OpenAI format, for everything that is not above (`stop`, `seed`, ...). */
  readonly body: Readonly<Record<string, unknown>>;
  /** Aborts when the caller has gone, its deadline has passed or the provider's time is up: give it to every `fetch`. */
  readonly signal: AbortSignal;
}

export interface ChatResponse {
  readonly content: string;
  /** The model that answered. */
  readonly model: string;
  /** Input and output together. */
  readonly tokens_used: number;
  /** `stop`, `length`, `content_filter`, ... */
  readonly finish_reason: string;
  /** How many of `tokens_used` are input, where the provider says so; else it is estimated. */
  readonly prompt_tokens?: number;
}

/**
 * A provider of one's own. What a method throws is classified: a `ProviderAdapterError` by its status like an HTTP answer,
 * errors of `fetch` as a provider that cannot be reached, anything else as a provider that failed for the moment.
 */
export interface ProviderAdapter {
  chatCompletion(request: ChatRequest): Promise<ChatResponse>;
  getAvailableModels(): Promise<string[]>;
  /** False: the provider refused the key. Throw when it could not be asked. */
  validateApiKey(): Promise<boolean>;
}

/** One configured instance of the class. */
export interface AdapterSettings {
  /** The provider's id in the configuration. */
  readonly id: string;
  /** Keep it to yourself: never put it into a message of an error. Null: none is configured. */
  readonly apiKey: string | null;
  readonly baseUrl: string | null;
  /** The provider's `options`. */
  readonly options: Readonly<Record<string, string>>;
}

/** Constructed once per configured instance, and again when its settings change. */
export type ProviderAdapterClass = new (settings: AdapterSettings) => ProviderAdapter;
