import type { KeyPublication, PublishedKeys } from "@tokenhub/ledger";
import { VaultError, type KeyNotice, type SealedLease, type Vault, type VaultStore } from "@tokenhub/vault";
import { setTimeout as sleep } from "node:timers/promises";

/** Without `from`, which the publisher adds. */
export type OwnNotice =
  | { readonly kind: Exclude<KeyNotice["kind"], "entry-changed"> }
  | { readonly kind: "entry-changed"; readonly name: string };

/** Keeps in Redis what workers need of the vault, as long as this gateway lives. */
export interface KeyPublisher extends AsyncDisposable {
  /** Brings Redis up to date as soon as possible, and then tells everybody. */
  publish(...notices: readonly OwnNotice[]): void;
  /** Takes the lease away at once: any, or only the one this gateway published last. */
  endLease(which: "any" | "own", notice: OwnNotice): void;
  /** Tells everybody; Redis itself stays as it is. */
  tell(notice: OwnNotice): void;
  /** Waits until what was asked for before is done, a moment at most: Redis may be away. */
  settled(): Promise<void>;
}

export interface KeyPublisherOptions {
  readonly vault: Pick<Vault, "isUnlocked" | "sealLease">;
  readonly store: Pick<VaultStore, "load">;
  readonly keys: PublishedKeys;
  readonly sendNotice: (notice: OwnNotice) => Promise<void>;
  readonly clusterSecret: Buffer;
  /** How long a lease sealed now is to last, at most until the vault locks itself. */
  readonly leaseTtlMs: () => number;
  /** Called before each publication; it may lock the vault. */
  readonly beforePublishing: () => Promise<void>;
  /** A worker used a key of the vault since the last time. */
  readonly onUse: () => void;
  readonly onTrouble: (error: unknown) => void;
  readonly now: () => number;
  /** How often Redis is looked at. */
  readonly checkEveryMs: number;
  /** A lease is published anew at this age. */
  readonly renewAfterMs: number;
}

/** Workers call providers; other secrets are none of their business. */
const workerEntryPrefix = "provider:";
const mostTries = 5;
const settledWithinMs = 1_000;

export function createKeyPublisher(options: KeyPublisherOptions): KeyPublisher {
  const { vault, keys, sendNotice, beforePublishing, onUse, onTrouble, now } = options;
  let isWanted = false;
  let running: Promise<void> | null = null;
  let notices: OwnNotice[] = [];
  let ownLease: SealedLease | null = null;
  let publishedAtMs = 0;
  let publishedRevision: number | null = null;
  let endingLease: { readonly which: "any" | "own"; readonly notice: OwnNotice } | null = null;
  // The first publication replaces even a later revision: the database may come from a backup.
  let force = true;
  let lastUse: string | null = null;
  let ending: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function publishOnce(told: OwnNotice[]): Promise<void> {
    await beforePublishing();
    for (let tries = 0; tries < mostTries; tries += 1) {
      const publication = await sealState({ ...options, force });
      // Nothing is awaited from here to the sending: a lock cannot come between.
      if (publication === "changing" || (publication.lease !== null && !vault.isUnlocked())) continue;
      const isTaken = await keys.publish(publication);
      if (publication.lease !== null) ownLease = publication.lease.sealed;
      // It may have been sent twice, the second time after the lease was taken away.
      if (publication.lease !== null && !vault.isUnlocked()) await takeLeaseAway();
      if (!isTaken) continue;
      publishedAtMs = now();
      if (hasUntoldChange(publishedRevision, publication.revision, told))
        told.push({ kind: "keys-replaced" });
      publishedRevision = publication.revision;
      // What was written between reading and replacing by force counts after all.
      if (!force) return;
      force = false;
    }
    throw new Error("The vault's keys could not be published: the vault is changing all the time.");
  }

  async function takeLeaseAway(): Promise<void> {
    const wanted = endingLease;
    const leaseText = wanted?.which === "any" ? null : (ownLease?.text ?? null);
    if (wanted?.which === "any" || leaseText !== null) await keys.endLease(leaseText);
    if (wanted === null) return;
    await sendNotice(wanted.notice);
    if (endingLease === wanted) endingLease = null;
  }

  async function work(): Promise<void> {
    while (isWanted && !isClosed) {
      isWanted = false;
      const told = notices;
      notices = [];
      try {
        if (endingLease !== null) await takeLeaseAway();
        await publishOnce(told);
        for (const notice of told) await sendNotice(notice);
      } catch (error) {
        notices = [...told, ...notices];
        onTrouble(error);
        // The next look at Redis tries again.
        publishedAtMs = 0;
        return;
      }
    }
  }

  function publish(...more: readonly OwnNotice[]): void {
    notices.push(...more);
    isWanted = true;
    running ??= work().finally(() => {
      running = null;
      if (isWanted && !isClosed && publishedAtMs !== 0) publish();
    });
  }

  async function check(): Promise<void> {
    const state = await keys.inspect();
    if (state.lastUse !== lastUse && state.lastUse !== null) onUse();
    lastUse = state.lastUse;
    const isMissing = !state.isPublished || (vault.isUnlocked() && !state.hasLease);
    const isOld = now() - publishedAtMs >= options.renewAfterMs;
    if (isMissing) publish({ kind: "keys-replaced" });
    else if (isOld || endingLease !== null) publish();
  }

  const timer = setInterval(() => void check().catch(onTrouble), options.checkEveryMs);
  return {
    publish,
    endLease(which, notice) {
      endingLease = { which: endingLease?.which === "any" ? "any" : which, notice };
      ending = takeLeaseAway().catch(onTrouble);
    },
    tell(notice) {
      ending = ending.then(() => sendNotice(notice)).catch(onTrouble);
    },
    async settled() {
      const done = Promise.all([ending, running]);
      await Promise.race([done, sleep(settledWithinMs, undefined, { ref: false })]);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      isClosed = true;
      await this.settled();
    },
  };
}

/** Whether somebody wrote who may not have told it, such as a gateway that died. */
function hasUntoldChange(before: number | null, after: number, told: readonly OwnNotice[]): boolean {
  return before === null || after < before || after > before + Math.min(1, told.length);
}

type SealedState = Omit<KeyPublication, "lease"> & {
  readonly lease: (NonNullable<KeyPublication["lease"]> & { readonly sealed: SealedLease }) | null;
};

/** The stored vault as workers may have it; `changing` when it got another data key while it was read. */
async function sealState({
  vault,
  store,
  clusterSecret,
  leaseTtlMs,
  now,
  force,
}: KeyPublisherOptions & { readonly force: boolean }): Promise<SealedState | "changing"> {
  const stored = await store.load();
  if (stored === null) return { revision: 0, entries: [], lease: null, force };
  const { revision, entries } = stored;
  const forWorkers = entries.filter(({ name }) => name.startsWith(workerEntryPrefix));
  const sealed = vault.isUnlocked()
    ? await vault.sealLease({ clusterSecret, ttlMs: leaseTtlMs() }).catch(lockedMeanwhile)
    : null;
  if (sealed === null) return { revision, entries: forWorkers, lease: null, force };
  if (entries.some(({ dataKeyId }) => dataKeyId !== sealed.dataKeyId)) return "changing";
  const lease = { text: sealed.text, ttlMs: Math.ceil(sealed.expiresAtMs - now()), sealed };
  return { revision, entries: forWorkers, lease, force };
}

function lockedMeanwhile(error: unknown): null {
  if (error instanceof VaultError && (error.code === "vault_locked" || error.code === "vault_uninitialised"))
    return null;
  throw error;
}
