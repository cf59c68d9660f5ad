import { parseDatabaseLocation, type DatabaseLocation } from "./database-location.ts";
import { readClusterSecret } from "./cluster-secret.ts";
import { ConfigError } from "./config-error.ts";
import { readEnvironment, type Environment, type EnvironmentReader } from "./environment.ts";
import { isLoopbackHost, parseListenAddress } from "./listen-address.ts";
import { parseProductConfig, type ParsedConfig } from "./parse-product-config.ts";
import {
  authModes,
  logLevels,
  routingModeNames,
  strategyNames,
  type FileConfig,
  type LogLevel,
  type ProductConfig,
  type RateLimitConfig,
} from "./product-config.ts";
import { readProviderAddresses } from "./provider-address.ts";
import { resolveCatalogue } from "./resolve-providers.ts";
import { Secret } from "./secret.ts";

const defaultPort = 8_080;
/** What the largest vendor API accepts, so that images fit. */
const defaultMaxBodyBytes = 32 * 1024 * 1024;
/** Node's own fetch gives up after 300 s without response headers; our answer must come first. */
const defaultSyncWaitMs = 240_000;
const defaultCacheTtlMs = 3_600_000;
const defaultCacheEntryBytes = 1_048_576;

/**
 * Combines the environment with a parsed file; the environment wins, except for provider keys, whose order is that of
 * {@link resolveProviderKey}. Without a file the defaults apply.
 *
 * - Listen address: `TOKENHUB_LISTEN_ADDR` (its host and port), then `TOKENHUB_HOST` and `TOKENHUB_PORT`, then the file,
 *   then `127.0.0.1:8080`. An address that states only a port (`:8080`) takes the host of the next source, else `0.0.0.0`.
 * - Database: `DATABASE_URL`, then `TOKENHUB_DB_DSN`, then `TOKENHUB_DB_PATH`, then the file's `db.dsn`, then
 *   `tokenhub.db` in the data directory.
 * - Log level: `TOKENHUB_LOG_LEVEL`, then `TOKENHUB_DEBUG=true` (debug), then the file, then `info`.
 * @throws ConfigError naming the variable whose value is wrong.
 */
export function resolveProductConfig({
  file,
  env,
}: {
  readonly file: ParsedConfig | null;
  readonly env: Environment;
}): ProductConfig {
  const parsed = file ?? parseProductConfig({}, { source: "no configuration file" });
  const reader = readEnvironment(env);
  const dataDirectory = reader.envString("TOKENHUB_DATA_DIR") ?? "./data";
  const listen = resolveListen(parsed.config, reader);
  const { warnings: catalogueWarnings, ...catalogue } = resolveCatalogue(parsed.config, env);
  return {
    listen,
    logLevel: resolveLogLevel(parsed.config, reader),
    dataDirectory,
    database: resolveDatabase(parsed.config, { reader, dataDirectory }),
    redis: { url: reader.envSecret("REDIS_URL"), prefix: resolveRedisPrefix(reader) },
    auth: resolveAuth(parsed.config, { reader, host: listen.host }),
    limits: {
      maxBodyBytes:
        reader.envInteger("TOKENHUB_MAX_BODY_BYTES", { min: 1_024 }) ??
        parsed.config.limits.maxBodyBytes ??
        defaultMaxBodyBytes,
      syncWaitMs:
        reader.envInteger("TOKENHUB_SYNC_WAIT_MS", { min: 1 }) ??
        parsed.config.limits.syncWaitMs ??
        defaultSyncWaitMs,
    },
    routing: resolveRouting(parsed.config, reader),
    vault: resolveVault(parsed.config, reader),
    encryptionKey: resolveEncryptionKey(parsed.config, reader),
    admin: resolveAdmin(reader),
    clusterSecret: readClusterSecret(reader),
    clusterSecretFile: reader.envString("TOKENHUB_CLUSTER_SECRET_FILE"),
    http: {
      corsOrigins: reader.envList("TOKENHUB_CORS_ORIGINS") ?? ["*"],
      trustedProxies: reader.envList("TOKENHUB_TRUSTED_PROXIES") ?? [],
    },
    cache: {
      defaultTtlMs: reader.envDurationMs("TOKENHUB_CACHE_TTL") ?? defaultCacheTtlMs,
      maxEntryBytes:
        reader.envInteger("TOKENHUB_CACHE_MAX_ENTRY_BYTES", { min: 1 }) ?? defaultCacheEntryBytes,
    },
    retention: resolveRetention(reader),
    healthProbe: reader.envBoolean("TOKENHUB_HEALTH_PROBE_DISABLED") !== true,
    priceCatalogue: reader.envBoolean("TOKENHUB_PRICE_CATALOGUE") ?? true,
    customProviders: parsed.config.customProviders,
    ...catalogue,
    providerAddresses: readProviderAddresses(env),
    warnings: [...parsed.warnings, ...catalogueWarnings],
  };
}

function resolveListen(file: FileConfig, reader: EnvironmentReader): ProductConfig["listen"] {
  const text = reader.envString("TOKENHUB_LISTEN_ADDR");
  const address = text === null ? null : parseListenAddress(text, { name: "TOKENHUB_LISTEN_ADDR" });
  const host =
    reader.envString("TOKENHUB_HOST") ?? file.listenHost ?? (address === null ? "127.0.0.1" : "0.0.0.0");
  const port = reader.envInteger("TOKENHUB_PORT", { min: 0, max: 65_535 }) ?? file.listenPort ?? defaultPort;
  return { host: address?.host ?? host, port: address?.port ?? port };
}

function resolveLogLevel(file: FileConfig, reader: EnvironmentReader): LogLevel {
  const debug = reader.envBoolean("TOKENHUB_DEBUG") === true ? "debug" : null;
  return reader.envChoice("TOKENHUB_LOG_LEVEL", logLevels) ?? debug ?? file.logLevel ?? "info";
}

function resolveDatabase(
  file: FileConfig,
  { reader, dataDirectory }: { readonly reader: EnvironmentReader; readonly dataDirectory: string },
): DatabaseLocation {
  for (const name of ["DATABASE_URL", "TOKENHUB_DB_DSN", "TOKENHUB_DB_PATH"]) {
    const text = reader.envString(name);
    if (text !== null) return parseDatabaseLocation(text, { name });
  }
  return file.database ?? { kind: "sqlite", path: `${dataDirectory.replace(/\/+$/, "")}/tokenhub.db` };
}

function resolveRedisPrefix(reader: EnvironmentReader): string {
  const prefix = reader.envString("TOKENHUB_REDIS_PREFIX") ?? "tokenhub";
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(prefix)) return prefix;
  throw new ConfigError(
    `TOKENHUB_REDIS_PREFIX is "${prefix}"; use letters, digits, '.', '_' and '-' (at most 64), or leave it empty.`,
  );
}

/** Open only where no other machine can connect, unless the operator says otherwise. */
function resolveAuth(
  file: FileConfig,
  { reader, host }: { readonly reader: EnvironmentReader; readonly host: string },
): ProductConfig["auth"] {
  const stated = reader.envChoice("TOKENHUB_AUTH", authModes) ?? file.auth.mode;
  const keys = reader.envList("TOKENHUB_API_KEYS")?.map((key) => new Secret(key));
  return {
    mode: stated ?? (isLoopbackHost(host) ? "open" : "keys"),
    apiKeys: keys ?? file.auth.apiKeys,
    rateLimit: readRateLimit(reader, {
      prefix: "TOKENHUB_RATE_LIMIT",
      fallback: { requestsPerSecond: 60, burst: 120 },
    }),
  };
}

function readRateLimit(
  reader: EnvironmentReader,
  { prefix, fallback }: { readonly prefix: string; readonly fallback: RateLimitConfig },
): RateLimitConfig {
  return {
    requestsPerSecond: reader.envNumber(`${prefix}_RPS`, { min: 0.001 }) ?? fallback.requestsPerSecond,
    burst: reader.envInteger(`${prefix}_BURST`, { min: 1 }) ?? fallback.burst,
  };
}

function resolveAdmin(reader: EnvironmentReader): ProductConfig["admin"] {
  return {
    deployment: reader.envChoice("TOKENHUB_DEPLOYMENT", ["production", "local"]) ?? "local",
    password: reader.envSecret("TOKENHUB_ADMIN_PASSWORD"),
    token: reader.envSecret("TOKENHUB_ADMIN_TOKEN"),
    rateLimit: readRateLimit(reader, {
      prefix: "TOKENHUB_ADMIN_RATE_LIMIT",
      fallback: { requestsPerSecond: 30, burst: 60 },
    }),
  };
}

function resolveRetention(reader: EnvironmentReader): ProductConfig["retention"] {
  const days = (name: string): number => reader.envInteger(name, { min: 1 }) ?? 90;
  return {
    requestDays: days("TOKENHUB_RETENTION_REQUEST_DAYS"),
    auditDays: days("TOKENHUB_RETENTION_AUDIT_DAYS"),
    rewardDays: days("TOKENHUB_RETENTION_REWARD_DAYS"),
    eventDays: reader.envInteger("TOKENHUB_RETENTION_EVENT_DAYS", { min: 1 }) ?? 7,
  };
}

function resolveRouting(file: FileConfig, reader: EnvironmentReader): ProductConfig["routing"] {
  return {
    ...file.routing,
    defaultStrategy:
      reader.envChoice("TOKENHUB_DEFAULT_STRATEGY", strategyNames) ?? file.routing.defaultStrategy,
    explorationTemperature:
      reader.envNumber("TOKENHUB_EXPLORATION_TEMP", { max: 100 }) ?? file.routing.explorationTemperature,
    explorationShare:
      reader.envNumber("TOKENHUB_EXPLORATION_SHARE", { max: 1 }) ?? file.routing.explorationShare,
    defaultMode: reader.envChoice("TOKENHUB_DEFAULT_MODE", routingModeNames) ?? file.routing.defaultMode,
    defaultMaxBudgetUsd:
      reader.envNumber("TOKENHUB_DEFAULT_MAX_BUDGET_USD") ?? file.routing.defaultMaxBudgetUsd,
    defaultMaxLatencyMs:
      reader.envInteger("TOKENHUB_DEFAULT_MAX_LATENCY_MS", { min: 1 }) ?? file.routing.defaultMaxLatencyMs,
  };
}

function resolveVault(file: FileConfig, reader: EnvironmentReader): ProductConfig["vault"] {
  return {
    ...file.vault,
    enabled: reader.envBoolean("TOKENHUB_VAULT_ENABLED") ?? file.vault.enabled,
    keyDerivation:
      reader.envChoice("TOKENHUB_VAULT_KEY_DERIVATION", ["argon2id", "scrypt"]) ?? file.vault.keyDerivation,
    password: reader.envSecret("TOKENHUB_VAULT_PASSWORD"),
    autoLockMs: reader.envDurationMs("TOKENHUB_VAULT_AUTO_LOCK") ?? file.vault.autoLockMs ?? 1_800_000,
  };
}

/** An invalid key stops the start: replacing it silently would make everything sealed with it unreadable. */
function resolveEncryptionKey(file: FileConfig, reader: EnvironmentReader): Secret | null {
  const name = file.vault.encryptionKeyEnv ?? "TOKENHUB_ENCRYPTION_KEY";
  const key = reader.envSecret(name);
  if (key === null) return file.encryptionKey;
  if (/^[0-9a-fA-F]{64}$/.test(key.reveal())) return key;
  throw new ConfigError(
    `${name} is not 64 hexadecimal digits; make a key with -generate-key and set ${name} to it.`,
  );
}
