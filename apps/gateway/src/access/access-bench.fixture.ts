import { createKeyspace } from "@tokenhub/contracts";
import { createApiKeyRepository, openDatabase, type ApiKey } from "@tokenhub/persistence";
import { Redis } from "ioredis";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAccessStore } from "./access-store.ts";
import { openKeyDirectory, type KeyDirectory, type KeyDirectoryOptions } from "./key-directory.ts";

/** A stored key that may do everything. */
export function buildApiKey(id: string, key: Partial<ApiKey> = {}): ApiKey {
  return {
    id,
    tenantId: "default",
    projectId: null,
    name: `name of ${id}`,
    keyHash: `hash of ${id}`,
    keyPrefix: "tokenhub_01234567",
    previousKeyHash: null,
    previousValidUntilMs: null,
    scopes: [],
    allowedModelIds: null,
    expiresAtMs: null,
    rotationDays: null,
    rotatedAtMs: 0,
    enabled: true,
    monthlyBudgetNanoUsd: null,
    rateLimitRps: null,
    maxConcurrentRequests: null,
    cache: null,
    budgetResetAtMs: null,
    ...key,
  };
}

/** One SQLite file and one Redis, and as many directories on them as a test wants. */
export async function openAccessBench(redisUrl: string) {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-access-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const database = stack.use(await openDatabase({ kind: "sqlite", path: join(folder, "tokenhub.db") }));
  await database.migrate();
  const keyspace = createKeyspace(`test-${randomUUID()}`);
  const errors: unknown[] = [];
  const resources = stack.move();
  const connect = (): Redis => resources.adopt(new Redis(redisUrl), (client) => client.disconnect());
  return {
    db: database.db,
    keyspace,
    errors,
    connect,
    async openDirectory(
      gatewayId: string,
      options: Partial<KeyDirectoryOptions> = {},
    ): Promise<KeyDirectory> {
      return resources.use(
        await openKeyDirectory({
          db: database.db,
          store: createAccessStore(database.db),
          subscriber: connect(),
          publisher: connect(),
          keyspace,
          gatewayId,
          now: Date.now,
          onRotationOverdue: () => undefined,
          onError: (error) => errors.push(error),
          // Tests compare when they want to, so that an announcement is all that spreads a change.
          repairIntervalMs: 3_600_000,
          ...options,
        }),
      );
    },
    /** Creates a key by way of a directory. */
    create: (directory: KeyDirectory, key: ApiKey) =>
      directory.change(async (transaction, notes) => {
        notes.key(key.id);
        await createApiKeyRepository(transaction).create(key, { nowMs: 1 });
      }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
