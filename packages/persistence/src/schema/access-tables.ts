import type { CacheChoiceColumns, Truth, VersionedColumns } from "./columns.ts";

export interface AccessTables {
  tenants: TenantTable;
  projects: ProjectTable;
  api_keys: ApiKeyTable;
  admin_tokens: AdminTokenTable;
  admin_sessions: AdminSessionTable;
}

export type AdminRole = "admin" | "operator" | "viewer";

interface TenantTable extends VersionedColumns {
  name: string;
  enabled: Truth;
  limits_json: string | null;
}

interface ProjectTable extends VersionedColumns {
  tenant_id: string;
  name: string;
  enabled: Truth;
  monthly_budget_nano_usd: number | null;
}

export interface ApiKeyTable extends VersionedColumns, CacheChoiceColumns {
  tenant_id: string;
  project_id: string | null;
  name: string;
  key_hash: string;
  key_prefix: string;
  previous_key_hash: string | null;
  previous_valid_until_ms: number | null;
  scopes_json: string;
  allowed_models_json: string | null;
  expires_at_ms: number | null;
  rotation_days: number | null;
  rotated_at_ms: number;
  enabled: Truth;
  monthly_budget_nano_usd: number | null;
  rate_limit_rps: number | null;
  max_concurrent_requests: number | null;
  budget_reset_at_ms: number | null;
  last_used_at_ms: number | null;
}

export interface AdminTokenTable extends VersionedColumns {
  name: string;
  role: AdminRole;
  token_hash: string;
  token_prefix: string;
  enabled: Truth;
  expires_at_ms: number | null;
  last_used_at_ms: number | null;
}

export interface AdminSessionTable {
  id_hash: string;
  /** Null for a session that a password opened. */
  token_id: string | null;
  actor_name: string;
  role: AdminRole;
  created_at_ms: number;
  expires_at_ms: number;
  last_seen_at_ms: number;
}
