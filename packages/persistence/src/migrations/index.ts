import type { Migration } from "kysely/migration";
import { createInitialTables } from "./0001-initial.ts";

/** Every migration, forward only, by name in the order of their application. A released one is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-initial": { up: createInitialTables },
};
