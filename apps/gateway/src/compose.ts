import type { ProductConfig } from "@tokenhub/config";
import type { WebhookRetryPolicy } from "@tokenhub/webhooks";
import { createAnswerStore } from "@tokenhub/ledger";
import { createJobProducer, createReplyListener } from "@tokenhub/queue";
import { startAdminServer, type Logger } from "@tokenhub/telemetry";
import { readOrCreateApiKey } from "./admission/api-key-file.ts";
import { createCacheChoices } from "./cache/cache-choices.ts";
import { createCacheEvents } from "./cache/cache-events.ts";
import { createResponseCache } from "./cache/response-cache.ts";
import { openAdmission } from "./compose/open-admission.ts";
import { openAsyncWork } from "./compose/open-async-work.ts";
import { openCatalogue } from "./compose/open-catalogue.ts";
import { openFoundation } from "./compose/open-foundation.ts";
import { openOrchestration } from "./compose/open-orchestration.ts";
import { openRecords } from "./compose/open-records.ts";
import { openSecrets } from "./compose/open-secrets.ts";
import { openWebhooks } from "./compose/open-webhooks.ts";
import { wireAdmin } from "./compose/wire-admin.ts";
import type { GatewayConfig } from "./config.ts";
import { checkDependencies } from "./health/check-dependencies.ts";
import { createAddressReader } from "./http/client-address.ts";
import { createApp } from "./http/create-app.ts";
import { listen } from "./http/listen.ts";
import { createSchemaValidator } from "./output/schema-validator.ts";
import { defaultJobSettings } from "./jobs/job-settings.ts";
import { createStateGauges } from "./state-gauges.ts";
import { createStatePorts } from "./state-ports.ts";
import { createCanceller } from "./sync/cancel-request.ts";
import { createInFlightGate } from "./sync/in-flight-gate.ts";
import type { VaultServiceOptions } from "./vault/vault-service.ts";

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
  /** When deliveries of webhooks are attempted; absent: as in production. */
  readonly webhookPolicy?: WebhookRetryPolicy;
  /** Of what rewards have taught the `thompson` strategy. */
  readonly halfLifeMs?: number;
}

/** Wires the gateway and starts it. Disposing refuses new requests, lets the running ones finish and then closes. */
export async function compose(config: GatewayConfig, overrides: GatewayOverrides = {}): Promise<Gateway> {
  await using stack = new AsyncDisposableStack();
  let inForce: Pick<GatewayConfig, "product" | "providerKeyOf"> = config;
  const foundation = await openFoundation(stack, { config, overrides });
  const { product, database, redis, subscriber, keyspace, gatewayId, events, logger, metrics, now } =
    foundation;
  const apiKeys = await apiKeysOf(product);
  const jobSettings = config.jobs ?? defaultJobSettings;
  const catalogueParts = await openCatalogue(stack, { foundation, config });
  const { catalogue, routingSettings } = catalogueParts;
  const onError = events.redisTrouble;
  const producer = stack.use(createJobProducer(redis, keyspace, onError));
  const webhooks = openWebhooks(stack, {
    foundation,
    producer,
    allow: config.webhookAllow,
    policy: overrides.webhookPolicy ?? config.webhooks?.policy,
    lostAfterMs: config.webhooks?.lostAfterMs,
  });
  const insight = await openRecords(stack, {
    foundation,
    catalogue,
    routingSettings,
    webhooks,
    keptAnswerBytes: jobSettings.keptBytesMax,
    halfLifeMs: overrides.halfLifeMs,
  });
  const replies = stack.use(
    await createReplyListener({ subscriber, reader: redis, keyspace, gatewayId, onError }),
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
  const secrets = await openSecrets(stack, { foundation, insight, derivation: overrides.vaultDerivation });
  const { access, admission, budgets } = await openAdmission(stack, {
    foundation,
    catalogue,
    insight,
    hasher: secrets.hasher,
    addressOf,
    configuredKeys: apiKeys,
  });
  const cancel = createCanceller({ redis, keyspace, onError });
  const orchestration = await openOrchestration(stack, {
    foundation,
    config,
    catalogue,
    admission,
    producer,
    cancel,
  });
  const { jobs, keptResponses, batches, idempotency, schedules } = await openAsyncWork(stack, {
    foundation,
    config,
    jobSettings,
    catalogue,
    admission,
    budgets,
    keys: access.directory.lookup,
    gate,
    webhooks,
    cancel,
    cancelRun: orchestration.cancelRun,
  });
  const statePorts = createStatePorts({ redis, keyspace, producer, catalogue: catalogue.current });
  const admin = wireAdmin({
    ...catalogueParts,
    foundation,
    insight,
    secrets,
    access,
    addressOf,
    producer,
    modes: orchestration.modes,
    webhooks: webhooks.management,
    jobs,
    schedules: schedules.management,
    providerHealth: statePorts.providerHealth,
    inForce: () => inForce,
  });

  const health = {
    catalogue: catalogue.current,
    checkDependencies: () => checkDependencies({ redis, database }),
    isDraining: () => gate.isDraining,
  };
  const requests = {
    admission,
    replies,
    gate,
    maxBodyBytes: product.limits.maxBodyBytes,
    syncWaitMs: product.limits.syncWaitMs,
    afterWaitMs: jobSettings.afterWaitMs,
    internalCalls: jobs.internalCalls,
    jobs: idempotency.door,
    routingDefaults: () => routingSettings.current().values,
    now,
  };
  const app = createApp({
    generation: {
      ...requests,
      submit: { redis, keyspace, producer, gatewayId, cancel },
      orchestration: { ...orchestration.planning, runs: orchestration.runs },
      requireModel: catalogue.requireModel,
      cache: {
        responses,
        defaultTtlMs: product.cache.defaultTtlMs,
        catalogueVersion: () => catalogue.current().version,
        choices: createCacheChoices({ keys: access.directory.lookup, index: catalogue.index }),
      },
      events,
      validator: stack.use(createSchemaValidator()),
    },
    orchestrations: { ...requests, ...orchestration, gatewayId },
    webhookEndpoints: { ...webhooks.management, admission },
    jobs: {
      ...jobs,
      admission,
      jobs: jobs.repository,
      readWebhook: webhooks.readJobWebhook,
      maxBodyBytes: product.limits.maxBodyBytes,
      now,
    },
    batches,
    responses: {
      ...jobs,
      ...keptResponses,
      keeping: idempotency.responses,
      admission,
      jobs: jobs.repository,
      now,
    },
    idempotency: idempotency.keeping,
    models: {
      authenticate: admission.authenticate,
      catalogue: catalogue.current,
      modes: () => orchestration.modes.names(),
    },
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
    ...(secrets.vault.isEnabled
      ? { vaultState: () => (secrets.vault.vault.isUnlocked() ? "unlocked" : "locked") }
      : {}),
  });
  const handler = foundation.tracing.wrap(app);
  await jobs.start(handler);
  schedules.start();
  const listener = await listen({ ...product.listen, handler, isDraining: () => gate.isDraining });
  stack.defer(() => listener.close(config.drainMs));
  // Streams without an end would hold the listener open for the whole drain.
  stack.defer(() => insight.feed[Symbol.dispose]());
  stack.defer(() => orchestration.followers[Symbol.dispose]());
  stack.defer(() => jobs.follower[Symbol.dispose]());
  stack.defer(() => keptResponses.follower[Symbol.dispose]());
  stack.defer(() => gate.drain(config.drainMs));
  const operations =
    config.adminPort === null
      ? null
      : stack.use(
          await startAdminServer({
            host: "127.0.0.1",
            port: config.adminPort,
            registry: metrics.registry,
            health: () => readinessOf(health),
          }),
        );
  logger.info({ port: listener.port, auth: product.auth.mode }, "gateway ready");

  const resources = stack.move();
  return {
    url: urlOf(product.listen.host, listener.port),
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

interface Readiness {
  readonly checkDependencies: () => ReturnType<typeof checkDependencies>;
  readonly isDraining: () => boolean;
}

async function readinessOf({ checkDependencies: check, isDraining }: Readiness) {
  const faults = Object.entries(await check());
  return {
    ready: !isDraining() && faults.every(([, fault]) => fault === null),
    checks: Object.fromEntries(
      faults.map(([name, fault]) => [name, fault === null ? { ok: true } : { ok: false, detail: fault }]),
    ),
  };
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function apiKeysOf(product: ProductConfig): Promise<string[]> {
  if (product.auth.apiKeys.length > 0) return product.auth.apiKeys.map((key) => key.reveal());
  return [await readOrCreateApiKey(product.dataDirectory)];
}
