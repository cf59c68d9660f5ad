import type { Source } from "./schema.ts";

/** An entry of the catalogue with what the database knows about it. */
export interface Stored<Entry> {
  readonly entry: Entry;
  readonly source: Source;
  /** 1 for a new entry, one more with every change of its content. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What replacing the entries of the configuration did; ids in the order given. */
export interface Replacement {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Ids the configuration names but an admin has taken over; the admin's entry stays. */
  readonly keptForAdmin: readonly string[];
}

/** Who writes, and when. */
export interface Write {
  readonly source: Source;
  readonly nowMs: number;
}
