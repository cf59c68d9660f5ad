import type { ProductConfig } from "@tokenhub/config";
import { TokenHubError, type Keyspace } from "@tokenhub/contracts";
import { createPublishedKeys } from "@tokenhub/ledger";
import {
  createAuditRepository,
  createSettingsRepository,
  createVaultRepository,
  type Database,
} from "@tokenhub/persistence";
import type { Logger } from "@tokenhub/telemetry";
import type { Vault, VaultEvent, VaultOptions } from "@tokenhub/vault";
import type { Redis } from "ioredis";
import type { PasswordChange, PasswordChangeOutcome } from "./change-password.ts";
import type { OwnPassword } from "./own-password.ts";
import { runVault } from "./run-vault.ts";

interface VaultStatus {
  readonly isEnabled: boolean;
  readonly isLocked: boolean;
  readonly isInitialised: boolean;
}

/** The vault of a running gateway: opened at the start, published to the workers, in step with other gateways. */
export interface VaultService extends AsyncDisposable {
  readonly isEnabled: boolean;
  /** Whoever changes a provider's key waits for `settled` before telling so. @throws TokenHubError `vault_disabled` */
  readonly vault: Vault;
  status(): Promise<VaultStatus>;
  /** By a person; makes the vault when there is none. @throws VaultError, TokenHubError `vault_disabled` */
  unlock(password: string): Promise<"unlocked" | "initialised">;
  /** At every gateway; whether this one was unlocked. Workers forget their keys at once. */
  lock(): Promise<boolean>;
  rotatePassword(change: PasswordChange): Promise<PasswordChangeOutcome>;
  /** Waits until the workers have been told of what was changed, a moment at most. */
  settled(): Promise<void>;
}

export interface VaultServiceOptions {
  readonly product: Pick<ProductConfig, "vault" | "admin" | "encryptionKey">;
  readonly ownPassword: OwnPassword;
  readonly database: Pick<Database, "db">;
  readonly redis: Redis;
  readonly subscriber: Redis;
  readonly keyspace: Keyspace;
  readonly gatewayId: string;
  /** 32 bytes shared with the workers. */
  readonly clusterSecret: Buffer;
  readonly logger: Logger;
  readonly now: () => number;
  /** Told of everything that happens to the vault at this gateway; must not throw. */
  readonly onEvent?: (event: VaultEvent) => void;
  /** For tests: a derivation that costs less than is safe. */
  readonly derivation?: Pick<VaultOptions, "derivationCost" | "allowWeakDerivation"> | undefined;
}

/**
 * Starts the vault of a gateway.
 *
 * @throws ConfigError when the configured secrets do not open it
 */
export async function createVaultService(options: VaultServiceOptions): Promise<VaultService> {
  if (options.product.vault.enabled === false) return createDisabledVault(options);
  const { database, now, redis, keyspace } = options;
  await using stack = new AsyncDisposableStack();
  const service = await runVault({
    ...options,
    stack,
    store: createVaultRepository(database.db, { now }),
    settings: createSettingsRepository(database.db),
    audit: createAuditRepository(database.db),
    keys: createPublishedKeys(redis, keyspace),
  });
  const resources = stack.move();
  return { ...service, isEnabled: true, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Nothing of a vault that was in use earlier stays with the workers. */
async function createDisabledVault({ redis, keyspace }: VaultServiceOptions): Promise<VaultService> {
  const keys = createPublishedKeys(redis, keyspace);
  await keys.publish({ revision: 0, entries: [], lease: null, force: true });
  await keys.endLease(null);
  const refuse = (): never => {
    throw new TokenHubError(
      "vault_disabled",
      "The vault is disabled by vault.enabled or TOKENHUB_VAULT_ENABLED; enable it and start the gateway again.",
    );
  };
  return {
    isEnabled: false,
    get vault() {
      return refuse();
    },
    status: async () => ({ isEnabled: false, isLocked: false, isInitialised: false }),
    unlock: async () => refuse(),
    lock: async () => refuse(),
    rotatePassword: async () => refuse(),
    settled: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
