import type { CapabilityName } from "./capability.ts";
import type { DatabaseLocation } from "./database-location.ts";
import type { ProviderAddresses } from "./provider-address.ts";
import type { Secret } from "./secret.ts";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

export const authModes = ["keys", "open"] as const;
export type AuthMode = (typeof authModes)[number];

/** Modes of the `objective` strategy; the same names as in the contracts. */
export const routingModeNames = ["normal", "cheap", "high_confidence", "planning", "adversarial"] as const;
export type RoutingModeName = (typeof routingModeNames)[number];

/** Where the configuration says a provider's key comes from; {@link resolveProviderKey} has the whole order. */
export interface ProviderCredential {
  /** The first place to look at; `none`: the provider takes no key; `default`: only the variables named after it. */
  readonly source: "env" | "inline" | "none" | "default";
  readonly envName: string | null;
  readonly inlineKey: Secret | null;
}

/** A provider of the catalogue plus where its key is; without `credential` it is a `CatalogueProvider`. */
export interface ProviderConfig {
  readonly id: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly baseUrl: string | null;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly headers: Record<string, string>;
  /** Several endpoints are one option: `endpoints`, comma-separated. */
  readonly options: Record<string, string>;
  /** Said of the catalogue entry; the order in which a key is looked for is the same for all. */
  readonly credentialSource: "escrow" | "env" | "none";
  readonly rateLimit: {
    readonly requestsPerMinute: number | null;
    readonly tokensPerMinute: number | null;
  } | null;
  readonly credential: ProviderCredential;
}

/** The same shape as a `CatalogueModel`, with what only gateways need to know of it. */
export interface ModelConfig {
  readonly id: string;
  readonly providerId: string;
  readonly upstreamName: string;
  readonly enabled: boolean;
  readonly weight: number;
  readonly contextTokens: number;
  readonly maxOutputTokens: number | null;
  readonly price: { readonly inputPer1kUsd: number; readonly outputPer1kUsd: number } | null;
  readonly capabilities: CapabilityName[] | null;
  readonly expectedLatencyMs: number | null;
  /** `manual`: the configuration states it; null: unknown here. */
  readonly priceSource: "manual" | null;
  readonly contextSource: "manual" | null;
  readonly toolNameMap: Record<string, string>;
  readonly gemma4Output: boolean;
  /** What is said about keeping answers for requests that say nothing themselves; null: nothing. */
  readonly cache: { readonly kind: "off" } | { readonly kind: "on"; readonly ttlMs: number | null } | null;
}

/** The same shape as a `CatalogueAlias`. */
export interface AliasConfig {
  readonly id: string;
  readonly enabled: boolean;
  readonly stickyBy: "scored" | "request" | "api_key" | "round_robin";
  readonly variants: { readonly modelId: string; readonly weight: number }[];
}

/** A module that registers provider classes of the operator's own. */
export interface CustomProviderConfig {
  /** The provider type it registers; null: what the module registers by itself. */
  readonly name: string | null;
  /** Path of an ES module, relative to the working folder, or the name of an installed package. */
  readonly module: string;
}

export const strategyNames = [
  "objective",
  "highest_weight",
  "weight_minus_cost",
  "cheapest",
  "thompson",
] as const;
export type StrategyName = (typeof strategyNames)[number];

/** Answers kept for identical requests; off unless the request, its key or its model asks for it. */
export interface CacheConfig {
  readonly defaultTtlMs: number;
  readonly maxEntryBytes: number;
}

/** How the administration is reached and protected. */
export interface AdminConfig {
  /** `production` refuses to start without an operator's secret; `local` makes its own and keeps them in the data folder. */
  readonly deployment: "production" | "local";
  /** Admin bearer, and the password of the vault. */
  readonly password: Secret | null;
  readonly token: Secret | null;
  /** Requests per second of one address, and how many at once. */
  readonly rateLimit: RateLimitConfig;
}

export interface RateLimitConfig {
  readonly requestsPerSecond: number;
  readonly burst: number;
}

export interface HttpConfig {
  readonly corsOrigins: readonly string[];
  /** Addresses or CIDR ranges of proxies whose forwarded headers are believed. */
  readonly trustedProxies: readonly string[];
}

/** Days that rows are kept. */
export interface RetentionConfig {
  readonly requestDays: number;
  readonly auditDays: number;
  readonly rewardDays: number;
  readonly eventDays: number;
}

/** Null: the product's own default applies. */
export interface RoutingConfig {
  readonly defaultStrategy: StrategyName | null;
  readonly defaultMode: RoutingModeName | null;
  readonly defaultMaxBudgetUsd: number | null;
  readonly defaultMaxLatencyMs: number | null;
  readonly maxRetries: number | null;
  readonly retryBackoffMs: number | null;
  /** Softmax temperature of the `objective` strategy; null or 0: always the best. */
  readonly explorationTemperature: number | null;
  /** Largest share of `thompson` decisions that may deviate from the best known model. */
  readonly explorationShare: number | null;
}

export interface VaultConfig {
  readonly enabled: boolean | null;
  readonly keyDerivation: "argon2id" | "scrypt" | null;
  readonly cipher: "aes-256-gcm" | null;
  readonly lockOnStart: boolean | null;
  /** Name of the variable that holds the encryption key. */
  readonly encryptionKeyEnv: string | null;
  /** Sealed values by name, as an export of generation B holds them. */
  readonly storedKeys: Record<string, Secret>;
  /** Opens the vault at start, when it differs from the admin password. */
  readonly password: Secret | null;
  /** Inactivity after which a vault that a person unlocked locks itself; null: the product's own default. */
  readonly autoLockMs: number | null;
}

/** What one configuration file says, in one shape whatever its dialect. Null and empty: not stated. */
export interface FileConfig {
  readonly listenHost: string | null;
  readonly listenPort: number | null;
  readonly logLevel: LogLevel | null;
  readonly database: DatabaseLocation | null;
  readonly auth: { readonly mode: AuthMode | null; readonly apiKeys: readonly Secret[] };
  readonly limits: { readonly maxBodyBytes: number | null; readonly syncWaitMs: number | null };
  readonly routing: RoutingConfig;
  readonly vault: VaultConfig;
  readonly encryptionKey: Secret | null;
  /** Null when the file has no `providers` list. A null `timeoutMs` is the installation's default. */
  readonly providers: readonly FileProvider[] | null;
  /** Null when the file has no `models` list. */
  readonly models: readonly ModelConfig[] | null;
  readonly aliases: readonly AliasConfig[];
  readonly customProviders: readonly CustomProviderConfig[];
}

export type FileProvider = Omit<ProviderConfig, "timeoutMs"> & { readonly timeoutMs: number | null };

/** Everything a service may need to know, environment and file combined. Safe to print: secrets redact themselves. */
export interface ProductConfig {
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly dataDirectory: string;
  readonly database: DatabaseLocation;
  readonly redis: {
    /** Null: the start command runs a private server. */
    readonly url: Secret | null;
    /** Installations that share one Redis need different ones. */
    readonly prefix: string;
  };
  readonly auth: {
    readonly mode: AuthMode;
    readonly apiKeys: readonly Secret[];
    /** Of one key or address without limits of its own. */
    readonly rateLimit: RateLimitConfig;
  };
  readonly admin: AdminConfig;
  /** Shared by gateways and workers; it seals what travels between them through Redis. */
  readonly clusterSecret: Secret | null;
  /** File that holds the cluster secret when it is not given; the gateway makes it. Null: `cluster-secret` in the data folder. */
  readonly clusterSecretFile: string | null;
  readonly http: HttpConfig;
  readonly cache: CacheConfig;
  readonly retention: RetentionConfig;
  readonly healthProbe: boolean;
  /** Fill unknown prices and context sizes from the catalogue that ships with the product. */
  readonly priceCatalogue: boolean;
  readonly customProviders: readonly CustomProviderConfig[];
  readonly limits: { readonly maxBodyBytes: number; readonly syncWaitMs: number };
  readonly routing: RoutingConfig;
  readonly vault: VaultConfig;
  readonly encryptionKey: Secret | null;
  readonly providers: readonly ProviderConfig[];
  /** Also of providers that the configuration does not have, because an administrator may add them. */
  readonly providerAddresses: ProviderAddresses;
  readonly models: readonly ModelConfig[];
  readonly aliases: readonly AliasConfig[];
  /** Sentences for the log at start: ignored keys, doubtful settings. */
  readonly warnings: readonly string[];
}
