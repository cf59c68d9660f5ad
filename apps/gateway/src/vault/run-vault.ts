import type { PublishedKeys } from "@tokenhub/ledger";
import type { AuditRepository, SettingsRepository } from "@tokenhub/persistence";
import {
  createVault,
  defaultArgon2idCost,
  defaultScryptCost,
  formatKeyNotice,
  type KeyNotice,
  type Vault,
  type VaultStore,
} from "@tokenhub/vault";
import { createVaultAudit } from "./audit-vault-event.ts";
import { changePassword } from "./change-password.ts";
import { configuredSecrets } from "./configured-secrets.ts";
import { followKeyNotices } from "./follow-key-notices.ts";
import { importStoredKeys } from "./import-stored-keys.ts";
import { createKeyPublisher, type KeyPublisher } from "./key-publisher.ts";
import { createLockMark } from "./lock-mark.ts";
import { openVault } from "./open-vault.ts";
import { createVaultEventRelay, type VaultEventRelay } from "./relay-vault-events.ts";
import { reportOpening } from "./report-opening.ts";
import type { VaultService, VaultServiceOptions } from "./vault-service.ts";

export interface RunVaultOptions extends VaultServiceOptions {
  /** Takes what has to end with the vault. */
  readonly stack: AsyncDisposableStack;
  readonly store: VaultStore;
  readonly settings: Pick<SettingsRepository, "get" | "set">;
  readonly audit: Pick<AuditRepository, "append">;
  readonly keys: PublishedKeys;
}

/** Of a vault that does not lock itself; renewed long before, so that only a dead gateway lets it end. */
const rollingLeaseTtlMs = 60_000;
const renewAfterMs = 15_000;
const checkEveryMs = 2_000;
const idleCheckEveryMs = 1_000;

/** Opens the vault, keeps it published and in step with other gateways until `stack` is disposed of. */
export async function runVault(
  options: RunVaultOptions,
): Promise<Omit<VaultService, "isEnabled" | typeof Symbol.asyncDispose>> {
  const { product, ownPassword: own, store, settings, stack, logger, now } = options;
  const secrets = configuredSecrets(product);
  const relay = createVaultEventRelay({ logger, onSuperseded: () => void reopen() });
  const audit = createVaultAudit({
    ...options,
    onError: (error) => logger.error({ err: error }, "a vault event is missing from the audit log"),
  });
  stack.defer(() => audit.settled());
  const vault = stack.use(
    createVault({
      store,
      now,
      derivationCost: product.vault.keyDerivation === "scrypt" ? defaultScryptCost : defaultArgon2idCost,
      ...options.derivation,
      autoLockMs: autoLockMsOf(options),
      onEvent(event) {
        relay.onEvent(event);
        audit.onEvent(event);
        options.onEvent?.(event);
      },
    }),
  );
  const mark = createLockMark({ settings, vault, now });

  async function open(): Promise<void> {
    await mark.remember();
    const makesOwnPassword = product.admin.deployment === "local";
    reportOpening(logger, await openVault({ vault, secrets, own, makesOwnPassword }));
  }
  /** By the configured secret, after another gateway has changed or unlocked the vault. */
  async function reopen(): Promise<void> {
    if (product.vault.lockOnStart === true || secrets.length + own.candidates().length === 0) return;
    try {
      if ((await vault.state()) === "locked") await open();
    } catch (error) {
      logger.error({ err: error }, "the vault stays locked: the configured secret does not open it");
    }
  }
  async function takeOverStoredKeys(): Promise<void> {
    const result = await importStoredKeys(vault, product);
    if (result !== null && result.imported.length > 0)
      logger.info({ imported: result.imported, kept: result.kept }, "keys of vault.stored_keys imported");
  }

  if (product.vault.lockOnStart !== true) {
    await open();
    if (vault.isUnlocked()) await takeOverStoredKeys();
  }
  const publisher = stack.use(startPublisher(options, { vault, relay, beforePublishing: () => mark.heed() }));
  relay.connect(publisher);
  // Ahead of the publisher, which still has to take away a lease that nobody renews.
  stack.defer(() => vault[Symbol.dispose]());
  const idleCheck = setInterval(() => vault.checkIdle(), idleCheckEveryMs);
  stack.defer(() => clearInterval(idleCheck));
  await followOthers(options, { vault, publisher, reopen });
  publisher.publish(
    { kind: "keys-replaced" },
    ...(vault.isUnlocked() ? [{ kind: "unlocked" } as const] : []),
  );
  await publisher.settled();

  return {
    vault,
    async status() {
      const state = await vault.state();
      return { isEnabled: true, isLocked: state !== "unlocked", isInitialised: state !== "uninitialised" };
    },
    async unlock(password) {
      await mark.remember();
      const outcome = await vault.unlockOrInitialise(password, { by: "person" });
      await takeOverStoredKeys().catch((error: unknown) =>
        logger.error({ err: error }, "the keys of vault.stored_keys were not imported"),
      );
      await publisher.settled();
      return outcome;
    },
    async lock() {
      const wasUnlocked = relay.lockingHere(() => vault.lock());
      // A gateway that died may have left its lease behind.
      if (!wasUnlocked) publisher.endLease("any", { kind: "keys-replaced" });
      await mark.renew();
      publisher.tell({ kind: "locked" });
      await publisher.settled();
      return wasUnlocked;
    },
    rotatePassword: (change) => changePassword({ vault, own, secrets }, change),
    settled: () => publisher.settled(),
  };
}

/** Null: the vault never locks itself. */
function autoLockMsOf({ product }: Pick<RunVaultOptions, "product">): number | null {
  return product.vault.autoLockMs || null;
}

interface Publishing {
  readonly vault: Vault;
  readonly relay: VaultEventRelay;
  readonly beforePublishing: () => Promise<void>;
}

function startPublisher(
  options: RunVaultOptions,
  { vault, relay, beforePublishing }: Publishing,
): KeyPublisher {
  const { store, keys, redis, keyspace, gatewayId, clusterSecret, logger, now } = options;
  const autoLockMs = autoLockMsOf(options);
  const quarterMs = (autoLockMs ?? Infinity) / 4;
  return createKeyPublisher({
    vault,
    store,
    keys,
    async sendNotice(notice) {
      await redis.publish(keyspace.vaultChannel, formatKeyNotice({ ...notice, from: gatewayId }));
    },
    clusterSecret,
    // The lease of a person's unlock lasts until the vault locks itself, which sealing it takes care of.
    leaseTtlMs: () => (relay.unlockedBy === "person" && autoLockMs !== null ? autoLockMs : rollingLeaseTtlMs),
    beforePublishing,
    onUse: () => vault.touch(),
    onTrouble: (error) =>
      logger.warn({ err: error }, "the vault's keys could not be published to the workers; tried again soon"),
    now,
    checkEveryMs: Math.min(checkEveryMs, quarterMs),
    renewAfterMs: Math.min(renewAfterMs, quarterMs),
  });
}

interface Following {
  readonly vault: Pick<Vault, "isUnlocked">;
  readonly publisher: KeyPublisher;
  readonly reopen: () => Promise<void>;
}

async function followOthers(
  { stack, redis, subscriber, keyspace, gatewayId }: RunVaultOptions,
  { vault, publisher, reopen }: Following,
): Promise<void> {
  const refresh = (): void => publisher.publish();
  redis.on("ready", refresh);
  stack.defer(() => void redis.off("ready", refresh));
  const onNotice = ({ kind }: KeyNotice): void => {
    if (kind === "unlocked") void reopen();
    // Publishing heeds a lock; and if the vault was unlocked again since, this gateway's lease may be gone.
    if ((kind === "locked" || kind === "lease-ended") && vault.isUnlocked()) refresh();
  };
  stack.use(await followKeyNotices({ subscriber, keyspace, gatewayId, onNotice, onGap: refresh }));
}
