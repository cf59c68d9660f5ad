import { ConfigError, type ProductConfig, type Secret } from "@tokenhub/config";
import { createKeyspace, idFrom } from "@tokenhub/contracts";
import { createAnswerStore, createRateBuckets } from "@tokenhub/ledger";
import { openDatabase } from "@tokenhub/persistence";
import { loadProviderModules } from "@tokenhub/providers";
import {
  checkRedisPolicy,
  connectProducer,
  createBlockingConnection,
  createJobProducer,
  createReplyListener,
  followCatalogue,
} from "@tokenhub/queue";
import { defaultExplorationShare } from "@tokenhub/routing";
import {
  createLogger,
  createMetrics,
  createRequestTracing,
  startAdminServer,
  startHeartbeat,
  startTracer,
  type Logger,
} from "@tokenhub/telemetry";
import { randomUUID } from "node:crypto";
import { openAccess } from "./access/open-access.ts";
import { composeAdmin } from "./admin/compose-admin.ts";
import { createFailureGate } from "./admin/failure-gate.ts";
import { catalogueRoutes } from "./admin/routes/catalogue/index.ts";
import { insightRoutes } from "./admin/routes/insight/index.ts";
import { keyRoutes } from "./admin/routes/keys/index.ts";
import { projectRoutes } from "./admin/routes/projects/index.ts";
import { routingRoutes } from "./admin/routes/routing/index.ts";
import { tenantRoutes } from "./admin/routes/tenants/index.ts";
import { vaultRoutes } from "./admin/routes/vault/index.ts";
import { createAdmission } from "./admission/admission.ts";
import { readOrCreateApiKey } from "./admission/api-key-file.ts";
import { createAuthenticator } from "./admission/authenticate.ts";
import { createBudgetGuard } from "./admission/budget-guard.ts";
import { createCallerRates } from "./admission/caller-rates.ts";
import { readOrCreateClusterSecret } from "./admission/cluster-secret.ts";
import { createPermittedModels } from "./admission/permitted-models.ts";
import { createRateLimiter } from "./admission/rate-limiter.ts";
import { createSecretHasher } from "./admission/secret-hasher.ts";
import { createCacheEvents } from "./cache/cache-events.ts";
import { createResponseCache } from "./cache/response-cache.ts";
import { createCatalogueService } from "./catalogue/catalogue-service.ts";
import { createCatalogueStore } from "./catalogue/catalogue-store.ts";
import { createDisabledKeyStore } from "./catalogue/provider-key-store.ts";
import { createVaultKeyStore } from "./catalogue/vault-key-store.ts";
import { runsInContainer } from "./catalogue/runs-in-container.ts";
import type { GatewayConfig } from "./config.ts";
import { createGatewayEvents } from "./events.ts";
import { checkDependencies } from "./health/check-dependencies.ts";
import { createAddressReader } from "./http/client-address.ts";
import { createApp } from "./http/create-app.ts";
import { listen } from "./http/listen.ts";
import { endpointStatesIn } from "./insight/endpoint-states.ts";
import { tellVaultEvent } from "./insight/tell-vault-event.ts";
import { openInsight } from "./insight/open-insight.ts";
import { createSchemaValidator } from "./output/schema-validator.ts";
import { createPriceCatalogue, noPriceCatalogue } from "./prices/price-catalogue.ts";
import { startRecorder } from "./recorder/recorder.ts";
import { legacyAdminRoutes } from "./routes/legacy-admin/index.ts";
import { openRoutingSettings } from "./routing-settings/routing-settings-service.ts";
import { createStateGauges } from "./state-gauges.ts";
import { createStatePorts } from "./state-ports.ts";
import { createCanceller } from "./sync/cancel-request.ts";
import { createInFlightGate } from "./sync/in-flight-gate.ts";
import { openAdminSecrets } from "./vault/admin-secrets.ts";
import { createOwnPassword } from "./vault/own-password.ts";
import { productVersion } from "./vault/product-version.ts";
import { createVaultService, type VaultServiceOptions } from "./vault/vault-service.ts";

export interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly adminPort: number | null;
  /** A key that works, configured or the installation's own. */
  readonly apiKey: string;
  /** Takes over providers, models, aliases and routing defaults after the configuration changed. */
  reload(config: Pick<GatewayConfig, "product" | "providerKeyOf">): Promise<void>;
}

export interface GatewayOverrides {
  /** For tests: password derivations that cost less than is safe. */
  readonly vaultDerivation?: VaultServiceOptions["derivation"];
  readonly logger?: Logger;
  readonly now?: () => number;
  /** Of what rewards have taught the `thompson` strategy. */
  readonly halfLifeMs?: number;
}

const catalogueCheckMs = 5_000;

/** Wires the gateway and starts it. Disposing refuses new requests, lets the running ones finish and then closes. */
export async function compose(config: GatewayConfig, overrides: GatewayOverrides = {}): Promise<Gateway> {
  await using stack = new AsyncDisposableStack();
  const { product } = config;
  const logger = overrides.logger ?? createLogger({ service: "gateway", level: product.logLevel });
  const metrics = createMetrics({ service: "gateway", processMetrics: true });
  const onTrouble = (message: string): void => logger.warn(message);
  const tracer = await startTracer({ config: config.tracing, service: "gateway", onTrouble });
  stack.use(tracer);
  stack.use(startHeartbeat(metrics));
  const tracing = createRequestTracing(tracer);
  const keyspace = createKeyspace(product.redis.prefix);
  const gatewayId = idFrom("gateway", randomUUID());
  const now = overrides.now ?? Date.now;
  const events = createGatewayEvents({ logger, metrics, tracing, now });
  for (const warning of product.warnings) logger.warn(warning);

  const database = stack.use(await openDatabase(databaseOf(product)));
  await database.migrate();
  const apiKeys = await apiKeysOf(product);

  const connection = { url: config.redisUrl, onError: events.redisTrouble };
  const redis = stack.adopt(await connectProducer({ ...connection, name: "gateway" }), (client) =>
    client.disconnect(),
  );
  await refuseEvictingRedis(redis, logger);
  const subscriber = stack.adopt(
    createBlockingConnection({ ...connection, name: "gateway-replies" }),
    (client) => client.disconnect(),
  );
  const factReader = stack.adopt(
    createBlockingConnection({ ...connection, name: "gateway-recorder" }),
    (client) => client.disconnect(),
  );

  const prices = product.priceCatalogue ? createPriceCatalogue({ now }) : noPriceCatalogue;
  const catalogue = createCatalogueService({
    store: createCatalogueStore(database.db, { now, prices }),
    redis,
    keyspace,
    onError: events.redisTrouble,
  });
  await loadProviderModules(product.customProviders, { baseDirectory: "." });
  await catalogue.apply(product);
  // A Redis that lost its data, in a restart or while it ran, has no catalogue; new workers would wait for ever.
  redis.on("ready", () => void catalogue.republish().catch(events.redisTrouble));
  const catalogueCheck = setInterval(
    () => void catalogue.repair().catch(events.redisTrouble),
    catalogueCheckMs,
  );
  stack.defer(() => clearInterval(catalogueCheck));
  stack.use(
    await followCatalogue({
      subscriber,
      reader: redis,
      keyspace,
      onChange: catalogue.adopt,
      onError: events.redisTrouble,
    }),
  );

  const routingSettings = stack.use(
    await openRoutingSettings({
      db: database.db,
      configured: product.routing,
      fromEnvironment: config.routingFromEnvironment ?? new Set(),
      redis,
      subscriber,
      keyspace,
      now,
      onError: events.redisTrouble,
    }),
  );

  const insight = stack.use(
    await openInsight({
      db: database.db,
      redis,
      subscriber,
      keyspace,
      gatewayId,
      catalogue,
      retention: () => product.retention,
      routing: () => product.routing,
      now,
      random: Math.random,
      onCleaned: events.cleaned,
      onError: events.insightTrouble,
      ...(overrides.halfLifeMs === undefined ? {} : { halfLifeMs: overrides.halfLifeMs }),
    }),
  );
  stack.use(
    await startRecorder({
      redis: factReader,
      keyspace,
      store: events.watchFacts(insight.facts),
      consumerName: gatewayId,
      onRecorded: events.recorded,
      onSetAside: events.setAside,
      onError: (error) =>
        logger.error({ err: error }, "facts could not be recorded; they stay in Redis and are tried again"),
    }),
  );
  const producer = stack.use(createJobProducer(redis, keyspace, events.redisTrouble));
  const replies = stack.use(
    await createReplyListener({
      subscriber,
      reader: redis,
      keyspace,
      gatewayId,
      onError: events.redisTrouble,
    }),
  );
  const gate = createInFlightGate(config.maxInFlight);
  const responses = stack.use(
    createResponseCache({
      store: createAnswerStore(redis, keyspace),
      events: createCacheEvents(metrics, events),
      maxEntryBytes: product.cache.maxEntryBytes,
      now,
    }),
  );
  const addressOf = createAddressReader(product.http.trustedProxies);
  const clusterSecret = readOrCreateClusterSecret(product);
  const hasher = createSecretHasher(clusterSecret);
  const ownPassword = createOwnPassword(product.dataDirectory);
  const adminSecrets = openAdminSecrets({ product, ownPassword });
  const vault = stack.use(
    await createVaultService({
      product,
      ownPassword,
      database,
      redis,
      subscriber,
      keyspace,
      gatewayId,
      clusterSecret,
      logger,
      now,
      onEvent: (event) => tellVaultEvent(insight.tell, { event, gatewayId }),
      derivation: overrides.vaultDerivation,
    }),
  );
  const onSqlTrouble = (error: unknown): void => logger.error({ err: error }, "the database does not answer");
  const access = stack.use(
    await openAccess({
      db: database.db,
      subscriber,
      publisher: redis,
      keyspace,
      gatewayId,
      now,
      onRotationOverdue(key) {
        const { id, tenantId, rotationDueAtMs } = key;
        logger.warn({ keyId: id, tenantId, rotationDueAtMs }, "API key not rotated in time; it is refused");
        insight.tellOverdueKey(key);
      },
      onError: onSqlTrouble,
    }),
  );
  const admission = createAdmission({
    authenticate: createAuthenticator({
      mode: product.auth.mode,
      configuredKeys: apiKeys,
      keys: access.directory.lookup,
      hasher,
      gate: createFailureGate({ now }),
      addressOf,
      now,
      onUsed: (keyId) => access.usage.note(keyId),
    }),
    rates: createCallerRates({
      memory: createRateLimiter({ limits: product.auth.rateLimit, now }),
      shared: createRateBuckets({ redis, keyspace }),
    }),
    models: createPermittedModels(catalogue.index),
    budgets: createBudgetGuard({ spend: access.spend, now, onError: onSqlTrouble }),
    index: catalogue.index,
  });
  const health = {
    catalogue: catalogue.current,
    checkDependencies: () => checkDependencies({ redis, database }),
    isDraining: () => gate.isDraining,
  };

  let inForce: Pick<GatewayConfig, "product" | "providerKeyOf"> = config;
  const catalogueAdmin = {
    db: database.db,
    catalogue,
    keys: vault.isEnabled
      ? createVaultKeyStore({ vault: vault.vault, db: database.db, settled: () => vault.settled(), now })
      : createDisabledKeyStore(database.db),
    configuredKeyOf: (providerId: string) => configuredKeyOf(inForce, providerId),
    prices,
    runsInContainer: runsInContainer(),
    now,
  };
  const routing = {
    db: database.db,
    redis,
    keyspace,
    index: catalogue.index,
    settings: routingSettings,
    routingDefaults: () => routingSettings.current().values,
    exploration: () => explorationOf(inForce.product),
    now,
    random: Math.random,
  };
  const { directory, spend } = access;
  const accessAdmin = { db: database.db, directory, spend, hasher, now };
  const statePorts = createStatePorts({ redis, keyspace, producer, catalogue: catalogue.current });
  const admin = composeAdmin(
    {
      db: database.db,
      secrets: () => adminSecrets.current(),
      hasher,
      rateLimit: product.admin.rateLimit,
      addressOf,
      logger,
      now,
    },
    {
      v1: [
        catalogueRoutes(catalogueAdmin),
        routingRoutes(routing),
        vaultRoutes({ vault, adminSecrets, db: database.db, hasher, version: productVersion, now }),
        keyRoutes(accessAdmin),
        tenantRoutes(accessAdmin),
        projectRoutes(accessAdmin),
        insightRoutes({
          db: database.db,
          insight,
          catalogue,
          providerHealth: statePorts.providerHealth,
          endpointStates: () => endpointStatesIn({ redis, keyspace, catalogue, now }),
          explorationShare: () => explorationOf(inForce.product).share,
          random: Math.random,
          now,
        }),
      ],
      legacy: legacyAdminRoutes(catalogueAdmin),
    },
  );

  const app = createApp({
    generation: {
      admission,
      submit: {
        redis,
        keyspace,
        producer,
        gatewayId,
        cancel: createCanceller({ redis, keyspace, onError: events.redisTrouble }),
      },
      replies,
      gate,
      requireModel: catalogue.requireModel,
      cache: {
        responses,
        defaultTtlMs: product.cache.defaultTtlMs,
        catalogueVersion: () => catalogue.current().version,
      },
      events,
      maxBodyBytes: product.limits.maxBodyBytes,
      syncWaitMs: product.limits.syncWaitMs,
      validator: stack.use(createSchemaValidator()),
      routingDefaults: () => routingSettings.current().values,
      now,
    },
    models: { authenticate: admission.authenticate, catalogue: catalogue.current },
    health,
    admin,
    logger,
    metrics,
    corsOrigins: product.http.corsOrigins,
    addressOf,
  });
  createStateGauges(metrics, {
    ...statePorts,
    requestsInFlight: () => gate.count,
  });
  const handler = tracing.wrap(app);
  const listener = await listen({ ...product.listen, handler, isDraining: () => gate.isDraining });
  stack.defer(() => listener.close(config.drainMs));
  // Streams without an end would hold the listener open for the whole drain.
  stack.defer(() => insight.feed[Symbol.dispose]());
  stack.defer(() => gate.drain(config.drainMs));
  const operations =
    config.adminPort === null
      ? null
      : stack.use(
          await startAdminServer({
            host: "127.0.0.1",
            port: config.adminPort,
            registry: metrics.registry,
            health: async () => {
              const faults = Object.entries(await health.checkDependencies());
              return {
                ready: !gate.isDraining && faults.every(([, fault]) => fault === null),
                checks: Object.fromEntries(
                  faults.map(([name, fault]) => [
                    name,
                    fault === null ? { ok: true } : { ok: false, detail: fault },
                  ]),
                ),
              };
            },
          }),
        );
  logger.info({ port: listener.port, auth: product.auth.mode }, "gateway ready");

  const resources = stack.move();
  return {
    url: `http://${product.listen.host.includes(":") ? `[${product.listen.host}]` : product.listen.host}:${listener.port}`,
    port: listener.port,
    adminPort: operations?.port ?? null,
    apiKey: apiKeys[0] ?? "",
    async reload(next) {
      inForce = next;
      routingSettings.configure(next.product.routing);
      await catalogue.apply(next.product);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** A provider's key outside the vault. */
function configuredKeyOf(
  { product, providerKeyOf }: Pick<GatewayConfig, "product" | "providerKeyOf">,
  providerId: string,
): Secret | null {
  if (providerKeyOf !== undefined) return providerKeyOf(providerId);
  return product.providers.find(({ id }) => id === providerId)?.credential.inlineKey ?? null;
}

function explorationOf({ routing }: ProductConfig): { readonly share: number; readonly temperature: number } {
  return {
    share: routing.explorationShare ?? defaultExplorationShare,
    temperature: routing.explorationTemperature ?? 0,
  };
}

function databaseOf({ database }: ProductConfig): Parameters<typeof openDatabase>[0] {
  return database.kind === "sqlite"
    ? { kind: "sqlite", path: database.path }
    : { kind: "postgres", url: database.url };
}

async function apiKeysOf(product: ProductConfig): Promise<string[]> {
  if (product.auth.apiKeys.length > 0) return product.auth.apiKeys.map((key) => key.reveal());
  return [await readOrCreateApiKey(product.dataDirectory)];
}

async function refuseEvictingRedis(
  redis: Parameters<typeof checkRedisPolicy>[0],
  logger: Logger,
): Promise<void> {
  const check = await checkRedisPolicy(redis);
  if (check.kind === "evicting") {
    throw new ConfigError(
      `Redis has maxmemory-policy ${check.policy}, which may throw queued requests away; set it to noeviction (redis-cli CONFIG SET maxmemory-policy noeviction).`,
    );
  }
  if (check.kind === "unknown")
    logger.warn("Redis does not tell its maxmemory-policy; make sure it is noeviction");
}
