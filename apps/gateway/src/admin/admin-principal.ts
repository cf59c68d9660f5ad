/** What an administrator may do: `viewer` reads, `operator` also changes the catalogue and runs things, `admin` everything. */
export const adminRoles = ["viewer", "operator", "admin"] as const;
export type AdminRole = (typeof adminRoles)[number];

/** Who administers. `id` and `name` go to the audit log; neither is a secret. */
export interface AdminPrincipal {
  /** `token`: the configured or a stored admin token. `password`: the admin password. `session`: a signed-in browser. */
  readonly kind: "token" | "password" | "session";
  readonly id: string;
  readonly name: string;
  readonly role: AdminRole;
}

/** Whether `role` includes everything `needed` allows. */
export function includesRole(role: AdminRole, needed: AdminRole): boolean {
  return adminRoles.indexOf(role) >= adminRoles.indexOf(needed);
}
