import { builtInProviderIds, defaultModels, mockModels } from "./built-in-catalogue.ts";
import { closestName } from "./closest-name.ts";
import { parseDatabaseLocation, type DatabaseLocation } from "./database-location.ts";
import { ConfigError } from "./config-error.ts";
import { formError, parseForm, type Place } from "./form-issues.ts";
import { parseListenAddress, type ListenAddress } from "./listen-address.ts";
import { modelFromForm } from "./model-from-form.ts";
import type { AliasConfig, FileConfig, FileProvider, ModelConfig } from "./product-config.ts";
import { fileFormSchema, type FileForm } from "./product-config-schema.ts";
import { providerFromForm, readDurationMs } from "./provider-from-form.ts";
import { Secret } from "./secret.ts";
import { refuseMisspeltRequiredKeys, unknownKeyWarnings } from "./unknown-keys.ts";

export interface ParsedConfig {
  readonly config: FileConfig;
  /** Unknown keys and doubtful settings, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Gives the content of a configuration file its one shape, whether it is written with the YAML keys of generation C, the
 * JSON keys of generation B, or both. Unknown keys are warnings; an empty file is a file that states nothing.
 * @throws ConfigError naming the path (`models[2].weight`) of the first thing that is wrong.
 */
export function parseProductConfig(raw: unknown, place: Place): ParsedConfig {
  const { form, unknownKeys } = parseForm(fileFormSchema, { raw: raw ?? {}, place });
  refuseMisspeltRequiredKeys(unknownKeys, { form, place });
  const providers =
    form.providers?.map((provider, index) => providerFromForm(provider, { index, place })) ?? null;
  const models = form.models?.map((model, index) => modelFromForm(model, { index, place })) ?? null;
  refuseDuplicates(providers ?? [], { list: "providers", place });
  refuseDuplicates(models ?? [], { list: "models", place });
  refuseUnknownProviders(models ?? [], { providers, place });
  const listen = readListenAddress(form, place);
  return {
    config: {
      listenHost: listen.host,
      listenPort: listen.port,
      logLevel: form.log_level ?? null,
      database: readDatabase(form, place),
      auth: {
        mode: form.auth?.mode ?? null,
        apiKeys: (form.auth?.api_keys ?? []).map((key) => new Secret(key)),
      },
      limits: {
        maxBodyBytes: form.limits?.max_body_bytes ?? null,
        syncWaitMs: readDurationMs(form.limits?.sync_wait_ms, { path: ["limits", "sync_wait_ms"], place }),
      },
      routing: readRouting(form, place),
      vault: readVault(form, place),
      encryptionKey: form.encryption_key === null ? null : readEncryptionKey(form.encryption_key, place),
      providers,
      models,
      aliases: readAliases(form, { models, place }),
      customProviders: form.custom_providers ?? [],
    },
    warnings: unknownKeyWarnings(unknownKeys, place),
  };
}

function refuseDuplicates(
  entries: readonly { readonly id: string }[],
  { list, place }: { readonly list: "providers" | "models"; readonly place: Place },
): void {
  const firstIndex = new Map<string, number>();
  for (const [index, { id }] of entries.entries()) {
    const earlier = firstIndex.get(id);
    if (earlier !== undefined) {
      throw formError([list, index, "id"], {
        problem: `is "${id}", which ${list}[${earlier}] already has; give each of them its own id`,
        place,
      });
    }
    firstIndex.set(id, index);
  }
}

function refuseUnknownProviders(
  models: readonly ModelConfig[],
  { providers, place }: { readonly providers: readonly FileProvider[] | null; readonly place: Place },
): void {
  const known = providers === null ? builtInProviderIds : [...providers.map(({ id }) => id), "mock", "vllm"];
  for (const [index, { providerId }] of models.entries()) {
    if (known.includes(providerId)) continue;
    const suggestion = closestName(providerId, known);
    throw formError(["models", index, "provider"], {
      problem:
        `is "${providerId}", but no provider has that id` +
        `${suggestion === null ? "" : ` (did you mean ${suggestion}?)`}; define it under providers or use one of ${known.join(", ")}`,
      place,
    });
  }
}

function readListenAddress(
  form: FileForm,
  place: Place,
): { readonly host: string | null; readonly port: number | null } {
  const server = { host: form.server?.host ?? null, port: form.server?.port ?? null };
  if (form.listen_addr === null) return server;
  const address = attempt<ListenAddress>(["listen_addr"], {
    place,
    read: (name) => parseListenAddress(form.listen_addr ?? "", { name }),
  });
  return { host: address.host ?? server.host ?? "0.0.0.0", port: address.port };
}

function readDatabase(form: FileForm, place: Place): DatabaseLocation | null {
  const dsn = form.db?.dsn ?? null;
  return dsn === null
    ? null
    : attempt(["db", "dsn"], { place, read: (name) => parseDatabaseLocation(dsn, { name }) });
}

/** Runs a reader whose messages begin with the setting's name, and puts the file in front of it. */
function attempt<Value>(
  path: readonly (string | number)[],
  { place, read }: { readonly place: Place; readonly read: (name: string) => Value },
): Value {
  try {
    return read("");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw formError(path, { problem: error.message.trim().replace(/\.$/, ""), place });
  }
}

function readRouting(form: FileForm, place: Place): FileConfig["routing"] {
  const { routing } = form;
  const durationMs = (key: "default_max_latency_ms" | "retry_backoff_ms"): number | null =>
    readDurationMs(routing?.[key], { path: ["routing", key], place });
  return {
    defaultStrategy: routing?.default_strategy ?? null,
    defaultMode: routing?.default_mode ?? null,
    defaultMaxBudgetUsd: routing?.default_max_budget_usd ?? null,
    defaultMaxLatencyMs: durationMs("default_max_latency_ms"),
    maxRetries: routing?.max_retries ?? null,
    retryBackoffMs: durationMs("retry_backoff_ms"),
    explorationTemperature: routing?.exploration_temperature ?? null,
    explorationShare: routing?.exploration_share ?? null,
  };
}

function readVault({ vault }: FileForm, place: Place): FileConfig["vault"] {
  const storedKeys = Object.entries(vault?.stored_keys ?? {}).map(
    ([name, sealed]) => [name, new Secret(sealed)] as const,
  );
  return {
    enabled: vault?.enabled ?? null,
    keyDerivation: vault?.key_derivation ?? null,
    cipher: vault?.cipher ?? null,
    lockOnStart: vault?.lock_on_start ?? null,
    encryptionKeyEnv: vault?.encryption_key_env ?? null,
    storedKeys: Object.fromEntries(storedKeys),
    password: null,
    autoLockMs: readDurationMs(vault?.auto_lock, { path: ["vault", "auto_lock"], place }),
  };
}

function readEncryptionKey(text: string, place: Place): Secret {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return new Secret(text);
  throw formError(["encryption_key"], {
    problem: "must be 64 hexadecimal digits; make one with -generate-key",
    place,
  });
}

function readAliases(
  form: FileForm,
  { models, place }: { readonly models: readonly ModelConfig[] | null; readonly place: Place },
): AliasConfig[] {
  const known = new Set([...(models ?? defaultModels), ...mockModels].map(({ id }) => id));
  return Object.entries(form.aliases ?? {}).map(([id, target]) => {
    const alias = aliasFromForm(id, target);
    const unknown = alias.variants.find(({ modelId }) => !known.has(modelId))?.modelId;
    if (known.has(id))
      throw formError(["aliases", id], { problem: "has the name of a model; choose another name", place });
    if (unknown === undefined) return alias;
    const suggestion = closestName(unknown, [...known]);
    throw formError(["aliases", id], {
      problem:
        `names the model "${unknown}", which does not exist` +
        `${suggestion === null ? "; define it under models" : `; did you mean ${suggestion}?`}`,
      place,
    });
  });
}

/** A bare list of models leaves the choice to the strategy; a section draws by weight. */
function aliasFromForm(id: string, form: NonNullable<FileForm["aliases"]>[string]): AliasConfig {
  if (typeof form === "string" || Array.isArray(form)) {
    const modelIds = [...new Set(typeof form === "string" ? [form] : form)];
    return {
      id,
      enabled: true,
      stickyBy: "scored",
      variants: modelIds.map((modelId) => ({ modelId, weight: 1 })),
    };
  }
  return {
    id,
    enabled: form.enabled,
    stickyBy: form.sticky_by === "" ? "request" : form.sticky_by,
    variants: form.variants.map(({ model_id: modelId, weight }) => ({ modelId, weight })),
  };
}
