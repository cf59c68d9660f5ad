import type { AdminRole } from "./admin-principal.ts";

/** A stored admin token as authentication needs it. */
export interface StoredAdminToken {
  readonly id: string;
  readonly name: string;
  readonly role: AdminRole;
  readonly enabled: boolean;
  readonly expiresAtMs: number | null;
}

/** A signed-in browser. The cookie's value is known by its hash only. */
interface AdminSession {
  readonly principalId: string;
  readonly principalName: string;
  readonly role: AdminRole;
  readonly expiresAtMs: number;
}

/** What admin authentication needs of the database. */
export interface AdminAccessStore {
  findTokenByHash(tokenHash: string): Promise<StoredAdminToken | null>;
  findSessionByHash(sessionHash: string): Promise<AdminSession | null>;
}
