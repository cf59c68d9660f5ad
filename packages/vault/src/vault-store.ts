/** One sealed entry as it is stored. */
export interface StoredEntry {
  readonly name: string;
  readonly dataKeyId: string;
  /** The sealed value; it also names its data key. */
  readonly sealed: string;
  /** Counts the values the entry has had, from 1; a new data key does not count. */
  readonly version: number;
  readonly updatedAtMs: number;
}

export interface VaultContent {
  /** Stored and given back byte for byte. */
  readonly envelopeJson: string;
  readonly entries: readonly StoredEntry[];
}

export interface VaultRecord extends VaultContent {
  /** 1 for a new vault; each successful write of any kind adds 1. */
  readonly revision: number;
}

/**
 * Where the vault keeps what it has sealed. Every write is one transaction that first moves the revision from
 * `expectedRevision` to `expectedRevision + 1` and does nothing when the stored revision is another; it resolves to
 * whether it was done. In SQL: `update vault_envelope set revision = revision + 1 where id = 1 and revision = ?`, and only
 * if that changed a row, the entry. So a write sealed under a data key that was replaced meanwhile never lands.
 */
export interface VaultStore {
  /** Envelope and entries of one moment; null when no vault was made yet. */
  load(): Promise<VaultRecord | null>;
  /** Replaces everything; `expectedRevision` null means that there must be no vault yet, and revision 1 is written. */
  replace(expectedRevision: number | null, next: VaultContent): Promise<boolean>;
  /** Inserts the entry or replaces the one of its name. */
  putEntry(expectedRevision: number, entry: StoredEntry): Promise<boolean>;
  /** Deletes the entry of that name, if there is one. */
  deleteEntry(expectedRevision: number, name: string): Promise<boolean>;
}
