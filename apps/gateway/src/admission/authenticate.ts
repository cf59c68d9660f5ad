import { TokenHubError } from "@tokenhub/contracts";
import type { ConcurrencyLimit } from "@tokenhub/ledger";
import { builtInTenantIds } from "@tokenhub/persistence";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { FoundKey, KeyLookup } from "../access/key-index.ts";
import type { KeyRecord } from "../access/key-record.ts";
import type { FailureGate } from "../admin/failure-gate.ts";
import type { AddressReader } from "../http/client-address.ts";
import { addressGroupOf } from "./address-group.ts";
import type { Budget, Caller, Rate } from "./caller.ts";
import type { SecretHasher } from "./secret-hasher.ts";

export interface AuthenticatorOptions {
  /** `open` lets requests without credentials in; a wrong key is refused in both modes. */
  readonly mode: "keys" | "open";
  /** Keys of the configuration, or the installation's own; they may do everything. */
  readonly configuredKeys: readonly string[];
  readonly keys: KeyLookup;
  readonly hasher: Pick<SecretHasher, "hash">;
  readonly gate: FailureGate;
  readonly addressOf: AddressReader;
  readonly now: () => number;
  readonly onUsed: (keyId: string) => void;
}

export type Authenticator = (request: Pick<IncomingMessage, "headers" | "socket">) => Caller;

/** Longer than any key of ours; hashing more would only serve whoever sends it. */
const longestKey = 512;
/** A configured key that is shorter might be guessed, so its address has to wait for its turn, too. */
const shortestUnguessableKey = 32;

/**
 * Finds out whose key a request carries, in `x-api-key`, `api-key` or a bearer token; all in memory. Wrong keys slow their
 * address down, which a right key does not feel. What is wrong with an unknown key is never said; the holder of a known one
 * is told that it is disabled or has expired.
 * @throws TokenHubError `missing_api_key`, `invalid_api_key`, `api_key_disabled`, `api_key_expired`, `too_many_attempts`.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { mode, configuredKeys, keys, hasher, gate, addressOf, now, onUsed } = options;
  const configured = new Map(
    configuredKeys.map((key) => [hasher.hash(key), { isGuessable: key.length < shortestUnguessableKey }]),
  );

  return (request) => {
    const presented = presentedKey(request.headers);
    const address = addressOf(request);
    if (presented === null) {
      const isAdmitted = mode === "open" && keys.tenant(builtInTenantIds.anonymous)?.enabled !== false;
      if (isAdmitted) return anonymousCaller(keys, address);
      throw new TokenHubError(
        "missing_api_key",
        "No API key was sent. Send it as `Authorization: Bearer <key>` or `x-api-key: <key>`.",
      );
    }
    const hash = presented.length > longestKey ? "" : hasher.hash(presented);
    const own = configured.get(hash);
    if (own !== undefined) {
      if (own.isGuessable) gate.check(address);
      gate.succeed(address);
      return configuredCaller(keys, hash);
    }
    const found = keys.find(hash, now());
    if (found === null) throw refusal(gate, address);
    gate.succeed(address);
    requireStanding(found, { keys, nowMs: now() });
    onUsed(found.key.id);
    return keyCaller(keys, found.key);
  };
}

function refusal(gate: FailureGate, address: string): TokenHubError {
  gate.check(address);
  gate.fail(address);
  return new TokenHubError(
    "invalid_api_key",
    "The API key is not known here. Check it, or ask the operator for a new one.",
  );
}

/** @throws TokenHubError `api_key_disabled`, `api_key_expired`. */
function requireStanding(
  { key }: FoundKey,
  { keys, nowMs }: { readonly keys: KeyLookup; readonly nowMs: number },
): void {
  if (!key.enabled)
    throw new TokenHubError("api_key_disabled", "This API key is disabled. Ask the operator to enable it.");
  const project = key.projectId === null ? undefined : keys.project(key.projectId);
  if (keys.tenant(key.tenantId)?.enabled === false || project?.enabled === false)
    throw new TokenHubError(
      "api_key_disabled",
      "The tenant or project of this API key is disabled. Ask the operator to enable it.",
    );
  if (key.expiresAtMs <= nowMs)
    throw new TokenHubError("api_key_expired", "This API key has expired. Ask the operator for a new one.");
  if (key.rotationDueAtMs <= nowMs)
    throw new TokenHubError(
      "api_key_expired",
      "This API key has not been rotated in time. Ask the operator to rotate it.",
    );
}

function keyCaller(keys: KeyLookup, key: KeyRecord): Caller {
  const { id, tenantId, projectId, scopes, allowedModels } = key;
  const project = projectId === null ? undefined : keys.project(projectId);
  return {
    tenantId,
    projectId,
    keyId: id,
    scopes,
    allowedModels,
    rates: [
      ...tenantRates(keys, tenantId),
      { subject: `key:${id}`, requestsPerSecond: key.requestsPerSecond },
    ],
    places: [...tenantPlaces(keys, tenantId), ...placesOf(`key:${id}`, key.concurrentRequests)],
    budgets: [
      ...budgetOf({ kind: "key", id, resetAtMs: key.budgetResetAtMs, limitNanoUsd: key.budgetNanoUsd }),
      ...(project === undefined
        ? []
        : budgetOf({ ...scopeOf("project", project), limitNanoUsd: project.budgetNanoUsd })),
      ...tenantBudgets(keys, tenantId),
    ],
  };
}

function configuredCaller(keys: KeyLookup, hash: string): Caller {
  return unboundCaller(keys, {
    tenantId: builtInTenantIds.default,
    subject: `configured:${hash.slice(0, 16)}`,
  });
}

function anonymousCaller(keys: KeyLookup, address: string): Caller {
  return unboundCaller(keys, {
    tenantId: builtInTenantIds.anonymous,
    subject: `address:${addressGroupOf(address)}`,
  });
}

/** A caller without a stored key: only what its tenant sets limits it, and the installation's rate. */
function unboundCaller(
  keys: KeyLookup,
  { tenantId, subject }: { readonly tenantId: string; readonly subject: string },
): Caller {
  return {
    tenantId,
    projectId: null,
    keyId: null,
    scopes: [],
    allowedModels: null,
    rates: [...tenantRates(keys, tenantId), { subject, requestsPerSecond: null }],
    places: tenantPlaces(keys, tenantId),
    budgets: tenantBudgets(keys, tenantId),
  };
}

function tenantRates(keys: KeyLookup, tenantId: string): Rate[] {
  const requestsPerSecond = keys.tenant(tenantId)?.requestsPerSecond ?? null;
  return requestsPerSecond === null ? [] : [{ subject: `tenant:${tenantId}`, requestsPerSecond }];
}

function tenantPlaces(keys: KeyLookup, tenantId: string): ConcurrencyLimit[] {
  return placesOf(`tenant:${tenantId}`, keys.tenant(tenantId)?.concurrentRequests ?? null);
}

function placesOf(subject: string, atOnce: number | null): ConcurrencyLimit[] {
  return atOnce === null ? [] : [{ subject, atOnce }];
}

function tenantBudgets(keys: KeyLookup, tenantId: string): Budget[] {
  const tenant = keys.tenant(tenantId);
  return tenant === undefined
    ? []
    : budgetOf({ ...scopeOf("tenant", tenant), limitNanoUsd: tenant.budgetNanoUsd });
}

function scopeOf<Kind extends "project" | "tenant">(kind: Kind, { id }: { readonly id: string }) {
  return { kind, id, resetAtMs: null };
}

function budgetOf(budget: Omit<Budget, "limitNanoUsd"> & { readonly limitNanoUsd: number | null }): Budget[] {
  const { limitNanoUsd } = budget;
  return limitNanoUsd === null ? [] : [{ ...budget, limitNanoUsd }];
}

function presentedKey(headers: IncomingHttpHeaders): string | null {
  const direct = headers["x-api-key"] ?? headers["api-key"];
  if (typeof direct === "string" && direct.trim() !== "") return direct.trim();
  const match = /^Bearer\s+(\S.*)$/i.exec(headers.authorization ?? "");
  return match?.[1]?.trim() ?? null;
}
