import type { Secret } from "@tokenhub/config";
import { createRunStore } from "@tokenhub/ledger";
import type { ModeRegistry } from "@tokenhub/orchestration";
import { createRunRepository } from "@tokenhub/persistence";
import type { JobProducer } from "@tokenhub/queue";
import type { Access } from "../access/open-access.ts";
import { composeAdmin, type Admin } from "../admin/compose-admin.ts";
import { catalogueRoutes } from "../admin/routes/catalogue/index.ts";
import { deadLetterRoutes } from "../admin/routes/dead-letters/index.ts";
import { insightRoutes } from "../admin/routes/insight/index.ts";
import { jobAdminRoutes } from "../admin/routes/jobs/index.ts";
import { keyRoutes } from "../admin/routes/keys/index.ts";
import { projectRoutes } from "../admin/routes/projects/index.ts";
import { routingRoutes } from "../admin/routes/routing/index.ts";
import { runRoutes } from "../admin/routes/runs/index.ts";
import { scheduleRoutes } from "../admin/routes/schedules/index.ts";
import { tenantRoutes } from "../admin/routes/tenants/index.ts";
import { vaultRoutes } from "../admin/routes/vault/index.ts";
import { webhookRoutes } from "../admin/routes/webhooks/index.ts";
import { createDisabledKeyStore } from "../catalogue/provider-key-store.ts";
import { runsInContainer } from "../catalogue/runs-in-container.ts";
import { createVaultKeyStore } from "../catalogue/vault-key-store.ts";
import type { GatewayConfig } from "../config.ts";
import type { AddressReader } from "../http/client-address.ts";
import { endpointStatesIn } from "../insight/endpoint-states.ts";
import type { Insight } from "../insight/open-insight.ts";
import { legacyAdminRoutes } from "../routes/legacy-admin/index.ts";
import type { StatePorts } from "../state-gauges.ts";
import { productVersion } from "../vault/product-version.ts";
import type { CatalogueParts } from "./open-catalogue.ts";
import type { Foundation } from "./open-foundation.ts";
import type { Jobs } from "./open-jobs.ts";
import type { Schedules } from "./open-schedules.ts";
import type { Secrets } from "./open-secrets.ts";
import type { Webhooks } from "./open-webhooks.ts";

export interface AdminParts extends CatalogueParts {
  readonly foundation: Foundation;
  readonly insight: Insight;
  readonly secrets: Secrets;
  readonly access: Access;
  readonly addressOf: AddressReader;
  readonly producer: Pick<JobProducer, "addOrchestrate">;
  readonly modes: Pick<ModeRegistry, "find">;
  readonly webhooks: Webhooks["management"];
  readonly jobs: Pick<Jobs, "repository" | "canceller">;
  readonly schedules: Schedules["management"];
  readonly providerHealth: StatePorts["providerHealth"];
  /** The configuration as it is now; a reload changes it. */
  readonly inForce: () => Pick<GatewayConfig, "product" | "providerKeyOf">;
}

/** Puts the administration together: every table of routes with what it needs. */
export function wireAdmin(parts: AdminParts): Admin {
  const { foundation, catalogue, prices, routingSettings, insight, secrets, access, inForce } = parts;
  const { product, db, redis, keyspace, logger, now } = foundation;
  const { vault, adminSecrets, hasher } = secrets;
  const random = Math.random;
  const catalogueAdmin = {
    db,
    catalogue,
    keys: vault.isEnabled
      ? createVaultKeyStore({ vault: vault.vault, db, settled: () => vault.settled(), now })
      : createDisabledKeyStore(db),
    configuredKeyOf: (providerId: string) => configuredKeyOf(inForce(), providerId),
    prices,
    runsInContainer: runsInContainer(),
    now,
  };
  const routing = {
    db,
    redis,
    keyspace,
    index: catalogue.index,
    settings: routingSettings,
    routingDefaults: () => routingSettings.current().values,
    now,
    random,
  };
  const runControl = {
    runs: createRunStore(redis, keyspace),
    records: createRunRepository(db),
    modes: parts.modes,
    producer: parts.producer,
    redis,
    keyspace,
    now,
  };
  const { directory, spend } = access;
  const accessAdmin = { db, directory, spend, hasher, now };
  const { repository: jobs, canceller } = parts.jobs;
  const jobAdmin = { db, jobs, canceller, keyNames: insight.keyNames, now };
  return composeAdmin(
    {
      db,
      secrets: () => adminSecrets.current(),
      hasher,
      rateLimit: product.admin.rateLimit,
      addressOf: parts.addressOf,
      logger,
      now,
    },
    {
      v1: [
        catalogueRoutes(catalogueAdmin),
        routingRoutes(routing),
        vaultRoutes({ vault, adminSecrets, db, hasher, version: productVersion, now }),
        keyRoutes(accessAdmin),
        tenantRoutes(accessAdmin),
        projectRoutes(accessAdmin),
        insightRoutes({
          db,
          insight,
          catalogue,
          providerHealth: parts.providerHealth,
          endpointStates: () => endpointStatesIn({ redis, keyspace, catalogue, now }),
          explorationShare: () => routingSettings.current().values.explorationShare,
          random,
          now,
        }),
        runRoutes({
          db,
          control: runControl,
          keyNames: insight.keyNames,
          requireModel: catalogue.requireModel,
          now,
        }),
        webhookRoutes(parts.webhooks),
        jobAdminRoutes(jobAdmin),
        deadLetterRoutes({ ...parts.schedules, ...jobAdmin, deliveries: parts.webhooks.deliveries }),
        scheduleRoutes(parts.schedules),
      ],
      legacy: legacyAdminRoutes(catalogueAdmin),
    },
  );
}

/** A provider's key outside the vault. */
function configuredKeyOf(
  { product, providerKeyOf }: Pick<GatewayConfig, "product" | "providerKeyOf">,
  providerId: string,
): Secret | null {
  if (providerKeyOf !== undefined) return providerKeyOf(providerId);
  return product.providers.find(({ id }) => id === providerId)?.credential.inlineKey ?? null;
}
