import {
  catalogueModelSchema,
  catalogueProviderSchema,
  TokenHubError,
  type Capability,
  type CatalogueModel,
  type CatalogueProvider,
} from "@tokenhub/contracts";

const defaultTimeoutMs = 30_000;
const defaultConcurrency = 32;

/** What an instance of a provider type may be given beside its key; the rest has the defaults of the configuration. */
export interface AddProviderSettings {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Upstream calls at a time in one worker process; default 32. */
  readonly concurrency?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

/** A model as the admin API takes it. */
export interface RegisterModelSettings {
  /** What clients call it. */
  readonly name: string;
  /** Id of the provider. */
  readonly provider: string;
  /** US dollars, the same for input and output. Absent: unknown, not free. */
  readonly cost_per_1k_tokens?: number;
  /** 0 or absent: unlimited. */
  readonly context_size?: number;
  /** Any number from 0 up; default 1. */
  readonly weight?: number;
  /** What the provider calls it; default `name`. */
  readonly upstream_name?: string;
  readonly capabilities?: readonly Capability[];
}

/** The catalogue entry of an instance; its key is kept apart. @throws TokenHubError invalid_request */
export function providerEntry(
  id: string,
  { type, settings }: { type: string; settings: AddProviderSettings },
): CatalogueProvider {
  return checked(
    catalogueProviderSchema.safeParse({
      id,
      type,
      enabled: true,
      baseUrl: settings.baseUrl ?? null,
      timeoutMs: settings.timeoutMs ?? defaultTimeoutMs,
      concurrency: settings.concurrency ?? defaultConcurrency,
      headers: { ...settings.headers },
      options: { ...settings.options },
      credentialSource: settings.apiKey === undefined ? "none" : "env",
      rateLimit: null,
    }),
    `provider ${id}`,
  );
}

/** The catalogue entry of a model. @throws TokenHubError invalid_request */
export function modelEntry(settings: RegisterModelSettings): CatalogueModel {
  const { name, provider, cost_per_1k_tokens: cost, context_size: context } = settings;
  return checked(
    catalogueModelSchema.safeParse({
      id: name,
      providerId: provider,
      upstreamName: settings.upstream_name ?? name,
      enabled: true,
      weight: settings.weight ?? 1,
      contextTokens: context ?? 0,
      maxOutputTokens: null,
      price: cost === undefined ? null : { inputPer1kUsd: cost, outputPer1kUsd: cost },
      priceSource: cost === undefined ? null : "manual",
      contextSource: context === undefined ? null : "manual",
      capabilities: settings.capabilities ?? null,
      expectedLatencyMs: null,
      toolNameMap: {},
      gemma4Output: false,
    }),
    `model ${name}`,
  );
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

type Parsed<Entry> =
  | { readonly success: true; readonly data: Entry }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };

function checked<Entry>(parsed: Parsed<Entry>, what: string): Entry {
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? "" : `${issue.path.map(String).join(".")}: ${issue.message}`;
  throw new TokenHubError("invalid_request", `The ${what} cannot be added: ${where}.`);
}
