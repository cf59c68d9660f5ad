import type { Source } from "../schema/catalogue-tables.ts";
import type { Versioned } from "../versioned-table.ts";

/** An entry of the catalogue with what the database knows about it. */
export interface Stored<Entry> extends Versioned<Entry> {
  readonly source: Source;
}

/** What replacing the entries of the configuration did; ids in the order given. */
export interface Replacement {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Ids the configuration names but an admin has taken over; the admin's entry stays. */
  readonly keptForAdmin: readonly string[];
  /** Ids the configuration names but an admin has removed; they stay away. */
  readonly keptRemoved: readonly string[];
}

/** Who writes, and when. */
export interface Write {
  readonly source: Source;
  readonly nowMs: number;
}
