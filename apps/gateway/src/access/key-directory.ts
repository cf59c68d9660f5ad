import type { Keyspace } from "@tokenhub/contracts";
import { transaction } from "@tokenhub/persistence";
import type { Redis } from "ioredis";
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import type { AccessDatabase, AccessStore } from "./access-store.ts";
import { createKeyIndex, type KeyIndex, type KeyLookup } from "./key-index.ts";
import type { KeyRecord } from "./key-record.ts";

/** What a change touched; noted while it is made. */
interface ChangeNotes {
  key(id: string): void;
  /** A tenant or a project. */
  group(): void;
}

/** All keys of the installation in this gateway's memory, kept as they are in SQL. */
export interface KeyDirectory extends AsyncDisposable {
  readonly lookup: KeyLookup;
  readonly size: number;
  /**
   * Makes a change of keys, tenants or projects in one transaction. When it resolves the change is committed and in force
   * on this gateway, and is being announced to the others.
   */
  change<Outcome>(
    work: (transaction: AccessDatabase, notes: ChangeNotes) => Promise<Outcome>,
  ): Promise<Outcome>;
  /** Compares with the database now, as the timer does. */
  repair(): Promise<void>;
}

export interface KeyDirectoryOptions {
  readonly db: AccessDatabase;
  readonly store: AccessStore;
  readonly subscriber: Redis;
  readonly publisher: Redis;
  readonly keyspace: Pick<Keyspace, "keysChannel">;
  readonly gatewayId: string;
  readonly now: () => number;
  /** A key whose days without rotation are over; told once by each gateway that runs or starts then. */
  readonly onRotationOverdue: (key: Pick<KeyRecord, "id" | "name" | "tenantId" | "rotationDueAtMs">) => void;
  readonly onError: (error: unknown) => void;
  /** Default 5 s. */
  readonly repairIntervalMs?: number;
}

const announcementSchema = z.object({
  v: z.literal(1),
  from: z.string(),
  revision: z.number(),
  keyIds: z.array(z.string()),
  groups: z.boolean(),
});
type Change = Pick<z.infer<typeof announcementSchema>, "revision" | "keyIds" | "groups">;

/** Keys read in one go: SQLite answers on the thread that serves requests, so each piece must be short. */
const keysPerPage = 1_000;
const defaultRepairIntervalMs = 5_000;

/**
 * Loads all keys and follows their changes. Each change raises a revision in its transaction and is announced with it; a
 * gateway that has missed one sees a revision it does not hold when it compares, and loads everything again.
 */
export async function openKeyDirectory(options: KeyDirectoryOptions): Promise<KeyDirectory> {
  const { db, store, subscriber, publisher, keyspace, gatewayId, now, onError } = options;
  let index = createKeyIndex();
  /** Every change up to this revision is in the index, and those of `ahead`. */
  let revision = 0;
  const ahead = new Set<number>();
  const overdueTold = new Map<string, number>();
  let queue: Promise<void> = Promise.resolve();

  /** One after the other, so that an older read never overwrites a newer one. */
  function enqueue(work: () => Promise<void>): Promise<void> {
    const done = queue.then(work);
    queue = done.catch(onError);
    return done;
  }

  async function loadAll(): Promise<void> {
    const fresh = createKeyIndex();
    const loadedRevision = await store.revision();
    await loadGroups(fresh);
    for (let afterId = ""; ;) {
      const page = await store.pageOfKeys({ afterId, limit: keysPerPage });
      for (const key of page) fresh.put(key);
      const last = page.at(-1);
      if (last === undefined || page.length < keysPerPage) break;
      afterId = last.id;
      await nextTurn();
    }
    index = fresh;
    revision = loadedRevision;
    for (const seen of ahead) if (seen <= revision) ahead.delete(seen);
    advance();
  }

  async function loadGroups(into: KeyIndex): Promise<void> {
    into.setGroups({ tenants: await store.tenants(), projects: await store.projects() });
  }

  async function apply(change: Change): Promise<void> {
    if (change.groups) await loadGroups(index);
    const found = await store.keys(change.keyIds);
    for (const id of change.keyIds) index.remove(id);
    for (const key of found) index.put(key);
    if (change.revision > revision) ahead.add(change.revision);
    advance();
  }

  function advance(): void {
    while (ahead.delete(revision + 1)) revision += 1;
  }

  async function compare(): Promise<void> {
    if ((await store.revision()) !== revision) await loadAll();
    tellOverdue();
  }

  function tellOverdue(): void {
    const nowMs = now();
    for (const { id, name, tenantId, rotationDueAtMs, enabled } of index.all()) {
      if (rotationDueAtMs > nowMs || !enabled || overdueTold.get(id) === rotationDueAtMs) continue;
      overdueTold.set(id, rotationDueAtMs);
      options.onRotationOverdue({ id, name, tenantId, rotationDueAtMs });
    }
  }

  function receive(channel: string, message: string): void {
    if (channel !== keyspace.keysChannel) return;
    const parsed = announcementSchema.safeParse(parseJson(message));
    if (!parsed.success || parsed.data.from === gatewayId) return;
    const change = parsed.data;
    void enqueue(() => apply(change)).catch(() => undefined);
  }

  async function change<Outcome>(
    work: (transaction: AccessDatabase, notes: ChangeNotes) => Promise<Outcome>,
  ): Promise<Outcome> {
    const keyIds = new Set<string>();
    let groups = false;
    const notes: ChangeNotes = { key: (id) => keyIds.add(id), group: () => (groups = true) };
    const made = await transaction(db, async (begun) => {
      const outcome = await work(begun, notes);
      const isNoted = keyIds.size > 0 || groups;
      return { outcome, revision: isNoted ? await store.raiseRevision(begun) : null };
    });
    if (made.revision !== null) {
      const done: Change = { revision: made.revision, keyIds: [...keyIds], groups };
      // The change is committed: what fails from here on is mended by the next comparison.
      await enqueue(() => apply(done)).catch(() => undefined);
      // Not waited for: a Redis that is away must not hold up who changed the key. The others compare by themselves.
      publisher
        .publish(keyspace.keysChannel, JSON.stringify({ v: 1, from: gatewayId, ...done }))
        .catch(onError);
    }
    return made.outcome;
  }

  subscriber.on("message", receive);
  await subscriber.subscribe(keyspace.keysChannel);
  await enqueue(loadAll);
  tellOverdue();
  let isComparing = false;
  const timer = setInterval(() => {
    if (isComparing) return;
    isComparing = true;
    void enqueue(compare)
      .catch(() => undefined)
      .finally(() => (isComparing = false));
  }, options.repairIntervalMs ?? defaultRepairIntervalMs);

  return {
    lookup: {
      find: (hash, nowMs) => index.find(hash, nowMs),
      key: (id) => index.key(id),
      tenant: (id) => index.tenant(id),
      project: (id) => index.project(id),
    },
    get size() {
      return index.size;
    },
    change,
    repair: () => enqueue(compare),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      subscriber.off("message", receive);
      await queue;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not ours: it fits no schema either.
    return null;
  }
}
