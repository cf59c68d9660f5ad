import type { RateLimitConfig } from "@tokenhub/config";
import type { Database } from "@tokenhub/persistence";
import type { Logger } from "@tokenhub/telemetry";
import type { Router } from "express";
import { createRateLimiter } from "../admission/rate-limiter.ts";
import type { SecretHasher } from "../admission/secret-hasher.ts";
import type { AddressReader } from "../http/client-address.ts";
import type { AdminRoute } from "./admin-route.ts";
import { createAuditWriter } from "./audit-writer.ts";
import { createAdminAuthenticator, type AdminAuthenticatorOptions } from "./authenticate-admin.ts";
import { createFailureGate } from "./failure-gate.ts";
import { mountAdminRoutes } from "./mount-admin-routes.ts";
import { createAdminAccessStore } from "./sql-admin-access-store.ts";

export interface AdminOptions {
  readonly db: Database["db"];
  /** The installation's own secrets, read on each call. */
  readonly secrets: AdminAuthenticatorOptions["secrets"];
  readonly hasher: SecretHasher;
  /** Of one address. */
  readonly rateLimit: RateLimitConfig;
  readonly addressOf: AddressReader;
  readonly logger: Logger;
  readonly now: () => number;
}

/** The tables of everything that administrators can do. */
export interface AdminTables {
  /** Below `/admin/v1`; one table for each part of the product. */
  readonly v1: readonly (readonly AdminRoute[])[];
  /** Below `/admin`, as the first generation had them. */
  readonly legacy: readonly AdminRoute[];
}

export interface Admin {
  readonly v1: Router;
  readonly legacy: Router;
  /** What is served below `/admin/v1`, for the reference. */
  readonly routes: readonly AdminRoute[];
}

/** Makes the doors of the administration: every table behind the same authentication, roles, limits and audit log. */
export function composeAdmin(options: AdminOptions, { v1, legacy }: AdminTables): Admin {
  const { db, secrets, hasher, rateLimit, addressOf, logger, now } = options;
  const authenticate = createAdminAuthenticator({
    secrets,
    store: createAdminAccessStore(db, { now }),
    hasher,
    limiter: createRateLimiter({ limits: rateLimit, now }),
    gate: createFailureGate({ now }),
    addressOf,
    now,
    onRefused: ({ address, lockMs }) => {
      if (lockMs > 0)
        logger.warn({ remoteAddress: address, lockMs }, "address locked out of the administration");
    },
  });
  const deps = { authenticate, writeAudit: createAuditWriter(db), addressOf, now };
  const routes = v1.flat();
  return { v1: mountAdminRoutes(deps, routes), legacy: mountAdminRoutes(deps, legacy), routes };
}
