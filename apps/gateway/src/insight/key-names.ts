import type { Database } from "@tokenhub/persistence";
import { LRUCache } from "lru-cache";

/** Names of API keys, for people who read events and statistics. */
export interface KeyNames {
  /** Makes the names of these keys known. */
  load(keyIds: readonly (string | null)[]): Promise<void>;
  /** Null: no key, or one that is deleted. */
  of(keyId: string | null): string | null;
}

const remembered = 10_000;
/** A renamed key is shown under its old name for at most so long. */
const freshMs = 60_000;
const idsPerQuery = 500;

export function createKeyNames(db: Database["db"]): KeyNames {
  const names = new LRUCache<string, { readonly name: string | null }>({ max: remembered, ttl: freshMs });
  return {
    async load(keyIds) {
      const missing = [...new Set(keyIds)].filter((id): id is string => id !== null && !names.has(id));
      for (let start = 0; start < missing.length; start += idsPerQuery) {
        const wanted = missing.slice(start, start + idsPerQuery);
        const rows = await db
          .selectFrom("api_keys")
          .select(["id", "name"])
          .where("id", "in", wanted)
          .execute();
        const found = new Map(rows.map(({ id, name }) => [id, name]));
        for (const id of wanted) names.set(id, { name: found.get(id) ?? null });
      }
    },
    of: (keyId) => (keyId === null ? null : (names.get(keyId, { allowStale: true })?.name ?? null)),
  };
}
