import { createConcurrencyPlaces, createRateBuckets } from "@tokenhub/ledger";
import { openAccess } from "../access/open-access.ts";
import { createFailureGate } from "../admin/failure-gate.ts";
import { createAdmission } from "../admission/admission.ts";
import { createAuthenticator } from "../admission/authenticate.ts";
import { createBudgetGuard } from "../admission/budget-guard.ts";
import { createCallerPlaces } from "../admission/caller-places.ts";
import { createCallerRates } from "../admission/caller-rates.ts";
import { createPermittedModels } from "../admission/permitted-models.ts";
import { createRateLimiter } from "../admission/rate-limiter.ts";
import type { SecretHasher } from "../admission/secret-hasher.ts";
import type { AddressReader } from "../http/client-address.ts";
import type { Insight } from "../insight/open-insight.ts";
import type { CatalogueParts } from "./open-catalogue.ts";
import type { Foundation } from "./open-foundation.ts";

export interface AdmissionParts {
  readonly foundation: Foundation;
  readonly catalogue: CatalogueParts["catalogue"];
  readonly insight: Insight;
  readonly hasher: SecretHasher;
  readonly addressOf: AddressReader;
  /** Keys that stand in the configuration, or the installation's own. */
  readonly configuredKeys: readonly string[];
}

/** Opens the keys and everything that decides whether a request is let in. */
export async function openAdmission(stack: AsyncDisposableStack, parts: AdmissionParts) {
  const { foundation, catalogue, insight, hasher, addressOf, configuredKeys } = parts;
  const { product, db, redis, subscriber, keyspace, gatewayId, logger, now } = foundation;
  const onError = (error: unknown): void => logger.error({ err: error }, "the database does not answer");
  const access = stack.use(
    await openAccess({
      db,
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
      onError,
    }),
  );
  const budgets = createBudgetGuard({ spend: access.spend, now, onError });
  const admission = createAdmission({
    authenticate: createAuthenticator({
      mode: product.auth.mode,
      configuredKeys,
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
    places: stack.use(
      createCallerPlaces({
        shared: createConcurrencyPlaces({ redis, keyspace }),
        now,
        onError: foundation.events.redisTrouble,
      }),
    ),
    budgets,
    index: catalogue.index,
  });
  return { access, admission, budgets };
}
