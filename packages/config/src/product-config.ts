import type { CapabilityName } from "./capability.ts";
import type { DatabaseLocation } from "./database-location.ts";
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
  readonly credential: ProviderCredential;
}

/** The same shape as a `CatalogueModel`. */
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
}

/** The same shape as a `CatalogueAlias`. */
export interface AliasConfig {
  readonly id: string;
  readonly modelIds: string[];
}

/** Null: the product's own default applies. */
export interface RoutingConfig {
  readonly defaultMode: RoutingModeName | null;
  readonly defaultMaxBudgetUsd: number | null;
  readonly defaultMaxLatencyMs: number | null;
  readonly maxRetries: number | null;
  readonly retryBackoffMs: number | null;
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
  readonly auth: { readonly mode: AuthMode; readonly apiKeys: readonly Secret[] };
  readonly limits: { readonly maxBodyBytes: number; readonly syncWaitMs: number };
  readonly routing: RoutingConfig;
  readonly vault: VaultConfig;
  readonly encryptionKey: Secret | null;
  readonly providers: readonly ProviderConfig[];
  readonly models: readonly ModelConfig[];
  readonly aliases: readonly AliasConfig[];
  /** Sentences for the log at start: ignored keys, doubtful settings. */
  readonly warnings: readonly string[];
}
