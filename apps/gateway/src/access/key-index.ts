import type { KeyRecord, ProjectRecord, TenantRecord } from "./key-record.ts";

/** A key as somebody presented it. */
export interface FoundKey {
  readonly key: KeyRecord;
  /** `previous`: the secret before the last rotation, in its time of grace. */
  readonly matched: "current" | "previous";
}

/** Lookups that admission makes for every request, all in memory. */
export interface KeyLookup {
  /** The key of a secret's hash, whatever its standing; null: unknown. A secret beyond its time of grace is unknown. */
  find(hash: string, nowMs: number): FoundKey | null;
  /** By its id. */
  key(id: string): KeyRecord | undefined;
  /** Undefined: a key of a tenant that this gateway does not know yet. */
  tenant(id: string): TenantRecord | undefined;
  project(id: string): ProjectRecord | undefined;
}

/** All keys of the installation by hash. */
export interface KeyIndex extends KeyLookup {
  readonly size: number;
  put(key: KeyRecord): void;
  remove(id: string): void;
  setGroups(groups: {
    readonly tenants: readonly TenantRecord[];
    readonly projects: readonly ProjectRecord[];
  }): void;
  all(): Iterable<KeyRecord>;
}

/**
 * An empty index. A hash is looked up in a plain map: it is an HMAC under a key nobody outside has, so the time a lookup
 * takes says nothing about the secret that was presented.
 */
export function createKeyIndex(): KeyIndex {
  const byId = new Map<string, KeyRecord>();
  const byHash = new Map<string, KeyRecord>();
  let tenants = new Map<string, TenantRecord>();
  let projects = new Map<string, ProjectRecord>();

  function remove(id: string): void {
    const key = byId.get(id);
    if (key === undefined) return;
    byId.delete(id);
    for (const hash of hashesOf(key)) if (byHash.get(hash) === key) byHash.delete(hash);
  }

  return {
    find(hash, nowMs) {
      const key = byHash.get(hash);
      if (key === undefined) return null;
      if (key.keyHash === hash) return { key, matched: "current" };
      return nowMs < key.previousValidUntilMs ? { key, matched: "previous" } : null;
    },
    key: (id) => byId.get(id),
    tenant: (id) => tenants.get(id),
    project: (id) => projects.get(id),
    get size() {
      return byId.size;
    },
    put(key) {
      remove(key.id);
      byId.set(key.id, key);
      for (const hash of hashesOf(key)) byHash.set(hash, key);
    },
    remove,
    setGroups(groups) {
      tenants = new Map(groups.tenants.map((tenant) => [tenant.id, tenant]));
      projects = new Map(groups.projects.map((project) => [project.id, project]));
    },
    all: () => byId.values(),
  };
}

function hashesOf({ keyHash, previousKeyHash }: KeyRecord): readonly string[] {
  return previousKeyHash === null ? [keyHash] : [previousKeyHash, keyHash];
}
