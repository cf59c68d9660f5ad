import type { AdminPrincipal } from "./admin-principal.ts";

/** What happened to what; never holds a secret. */
export interface AuditNote {
  readonly resourceKind: string;
  readonly resourceId: string | null;
  /** Short facts for a person, e.g. `{ "changed": ["weight"] }`. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

interface AuditEntry extends AuditNote {
  readonly timestampMs: number;
  readonly action: string;
  readonly outcome: "ok" | "denied" | "failed";
  /** Null: nobody was recognised. */
  readonly principal: AdminPrincipal | null;
  readonly ip: string;
  readonly requestId: string;
}

/** Appends an audit row; with a transaction, in it. */
export type AuditWriter = (entry: AuditEntry, transaction?: unknown) => Promise<void>;

/** The audit of one call. */
export interface AuditTrail {
  /** Writes the row of a success; call it in the transaction of the change. */
  record(note: AuditNote, transaction?: unknown): Promise<void>;
  readonly isRecorded: boolean;
}
