import {
  createAdminSessionRepository,
  createAdminTokenRepository,
  type Database,
  type StoredAdminToken as TokenRow,
} from "@tokenhub/persistence";
import type { AdminAccessStore, StoredAdminToken } from "./admin-access-store.ts";

/** Admin tokens and sessions in SQL. @param now Unix milliseconds. */
export function createAdminAccessStore(
  db: Database["db"],
  { now }: { readonly now: () => number },
): AdminAccessStore {
  const tokens = createAdminTokenRepository(db);
  const sessions = createAdminSessionRepository(db);
  return {
    async findTokenByHash(tokenHash) {
      const row = await tokens.findByHash(tokenHash);
      return row === null ? null : tokenOf(row);
    },
    async findSessionByHash(sessionHash) {
      const session = await sessions.find(sessionHash, { nowMs: now() });
      if (session === null) return null;
      const { tokenId, actorName, role, expiresAtMs } = session;
      // A session is no longer worth more than the token it was opened with.
      if (tokenId !== null && !isInForce(await tokens.get(tokenId), now())) return null;
      return { principalId: tokenId ?? "admin-password", principalName: actorName, role, expiresAtMs };
    },
  };
}

function tokenOf({ entry: { id, name, role, enabled, expiresAtMs } }: TokenRow): StoredAdminToken {
  return { id, name, role, enabled, expiresAtMs };
}

function isInForce(row: TokenRow | null, nowMs: number): boolean {
  return row !== null && row.entry.enabled && (row.entry.expiresAtMs ?? Infinity) > nowMs;
}
