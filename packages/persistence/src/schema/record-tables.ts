export interface RecordTables {
  audit_log: AuditLogTable;
  events: EventTable;
}

export type ActorKind = "token" | "password" | "session" | "system" | "anonymous";
export type AuditOutcome = "ok" | "denied" | "failed";

export interface AuditLogTable {
  id: number;
  timestamp_ms: number;
  actor_kind: ActorKind;
  actor_id: string | null;
  actor_name: string | null;
  role: string | null;
  ip: string | null;
  action: string;
  resource_kind: string | null;
  resource_id: string | null;
  outcome: AuditOutcome;
  detail_json: string | null;
  request_id: string | null;
}

interface EventTable {
  id: number;
  timestamp_ms: number;
  type: string;
  data_json: string;
}
