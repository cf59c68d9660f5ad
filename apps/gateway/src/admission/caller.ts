import type { ConcurrencyLimit } from "@tokenhub/ledger";
import type { SpendScope } from "../access/spend-reader.ts";

/** Who a request runs as, and within which limits. */
export interface Caller {
  readonly tenantId: string;
  readonly projectId: string | null;
  /** Null: no key, or one of the configuration. */
  readonly keyId: string | null;
  /** Empty: all. */
  readonly scopes: readonly string[];
  /** Names of models and aliases the key admits; null: all. */
  readonly allowedModels: readonly string[] | null;
  /** Every rate that holds for the caller's requests. */
  readonly rates: readonly Rate[];
  /** How many of the caller's requests may run at once; empty: as many as it likes. */
  readonly places: readonly ConcurrencyLimit[];
  /** Every budget that the caller's requests draw on. */
  readonly budgets: readonly Budget[];
}

export interface Rate {
  /** Requests of one subject count together. */
  readonly subject: string;
  /** Null: the installation's. */
  readonly requestsPerSecond: number | null;
}

export interface Budget extends SpendScope {
  readonly limitNanoUsd: number;
}
