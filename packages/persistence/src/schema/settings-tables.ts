import type { RoutingMode, Strategy } from "@tokenhub/contracts";
import type { Truth } from "./columns.ts";

export interface SettingsTables {
  settings: SettingTable;
  routing_config: RoutingConfigTable;
  vault_envelope: VaultEnvelopeTable;
  vault_entries: VaultEntryTable;
  sequences: SequenceTable;
}

interface SettingTable {
  name: string;
  value_json: string;
  updated_at_ms: number;
}

/** No row until somebody saves one; then one row. */
export interface RoutingConfigTable {
  id: 1;
  strategy: Strategy;
  default_mode: RoutingMode;
  default_max_budget_nano_usd: number | null;
  default_max_latency_ms: number | null;
  allow_exploration: Truth;
  exploration_share: number;
  exploration_temperature: number;
  version: number;
  updated_at_ms: number;
}

/** No row until a vault is made; then one row. */
interface VaultEnvelopeTable {
  id: 1;
  /** One more with every write of envelope or entries. */
  revision: number;
  envelope_json: string;
  updated_at_ms: number;
}

export interface VaultEntryTable {
  name: string;
  data_key_id: string;
  sealed: string;
  version: number;
  updated_at_ms: number;
}

/** Ids in the order of their commits: the row is locked until the transaction that took them ends. */
interface SequenceTable {
  name: "audit_log" | "events";
  last_value: number;
}
