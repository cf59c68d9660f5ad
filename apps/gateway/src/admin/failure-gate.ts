import { TokenHubError } from "@tokenhub/contracts";
import { LRUCache } from "lru-cache";
import { addressGroupOf } from "../admission/address-group.ts";

/** Slows down whoever guesses secrets. An IPv6 address stands for its whole /64 network; see `addressGroupOf`. */
export interface FailureGate {
  /** @throws TokenHubError `too_many_attempts` while the address is locked out. */
  check(address: string): void;
  /** Counts a wrong secret; returns how long the address is locked out now, 0 while it is not. */
  fail(address: string): number;
  /** Forgets an address that showed it knows a secret. */
  succeed(address: string): void;
}

/** Wrong secrets that cost nothing: people mistype. */
const freeFailures = 5;
const firstLockMs = 1_000;
const longestLockMs = 300_000;
const rememberedMs = 900_000;
/** Addresses remembered; those not seen for longest are forgotten. */
const mostAddresses = 100_000;

/** How long a lock-out lasts after so many wrong secrets in a row: none up to 5, then 1 s, doubling, at most 5 minutes. */
export function lockOutMs(failures: number): number {
  if (failures <= freeFailures) return 0;
  return Math.min(longestLockMs, firstLockMs * 2 ** (failures - freeFailures - 1));
}

export function createFailureGate({ now }: { readonly now: () => number }): FailureGate {
  const addresses = new LRUCache<string, { failures: number; lockedUntilMs: number }>({
    // Not `max`, which would take the memory for all of them at once.
    maxSize: mostAddresses,
    sizeCalculation: () => 1,
    ttl: rememberedMs,
    perf: { now },
  });
  return {
    check(address) {
      const waitMs = (addresses.get(addressGroupOf(address))?.lockedUntilMs ?? 0) - now();
      if (waitMs <= 0) return;
      throw new TokenHubError(
        "too_many_attempts",
        `Too many wrong secrets from this address. Try again in ${Math.ceil(waitMs / 1_000)} s.`,
        { retryAfterMs: waitMs },
      );
    },
    fail(address) {
      const group = addressGroupOf(address);
      const failures = (addresses.get(group)?.failures ?? 0) + 1;
      const lockMs = lockOutMs(failures);
      addresses.set(group, { failures, lockedUntilMs: now() + lockMs });
      return lockMs;
    },
    succeed(address) {
      addresses.delete(addressGroupOf(address));
    },
  };
}
