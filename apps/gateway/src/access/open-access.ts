import type { Keyspace } from "@tokenhub/contracts";
import { createApiKeyRepository } from "@tokenhub/persistence";
import type { Redis } from "ioredis";
import { createAccessStore, type AccessDatabase } from "./access-store.ts";
import { openKeyDirectory, type KeyDirectory, type KeyDirectoryOptions } from "./key-directory.ts";
import { createKeyUsage, type KeyUsage } from "./key-usage.ts";
import { createSpendReader, type SpendReader } from "./spend-reader.ts";

/** Everything this gateway knows of keys, tenants, projects and what they spend. */
export interface Access extends AsyncDisposable {
  readonly directory: KeyDirectory;
  readonly usage: KeyUsage;
  readonly spend: SpendReader;
}

export interface AccessOptions {
  readonly db: AccessDatabase;
  /** Shared with other channels. */
  readonly subscriber: Redis;
  readonly publisher: Redis;
  readonly keyspace: Keyspace;
  readonly gatewayId: string;
  readonly now: () => number;
  readonly onRotationOverdue: KeyDirectoryOptions["onRotationOverdue"];
  readonly onError: (error: unknown) => void;
}

/** Loads all keys and follows their changes; disposing writes down when they were used last. */
export async function openAccess({ db, now, onError, ...following }: AccessOptions): Promise<Access> {
  await using stack = new AsyncDisposableStack();
  const usage = stack.use(
    createKeyUsage({ touch: (uses) => createApiKeyRepository(db).touch(uses), now, onError }),
  );
  const directory = stack.use(
    await openKeyDirectory({ ...following, db, store: createAccessStore(db), now, onError }),
  );
  const resources = stack.move();
  return {
    directory,
    usage,
    spend: createSpendReader(db),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
