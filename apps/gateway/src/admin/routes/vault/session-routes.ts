import { TokenHubError } from "@tokenhub/contracts";
import { createAdminSessionRepository, createAdminTokenRepository, transaction } from "@tokenhub/persistence";
import { randomBytes } from "node:crypto";
import type { Request } from "express";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { clearedSessionCookie, formatSessionCookie, readSessionCookie } from "../../session-cookie.ts";
import type { VaultRouteDeps } from "./vault-route-deps.ts";

type SessionDeps = Pick<VaultRouteDeps, "db" | "hasher" | "now">;

const tag = "session";
const sessionSeconds = 12 * 3_600;

/** Signing browsers in and out. The cookie holds a random id, of which the database knows the hash. */
export function sessionRoutes(deps: SessionDeps): AdminRoute[] {
  return [
    adminRoute({
      method: "post",
      path: "/session",
      summary: "Signs a browser in for twelve hours.",
      tag,
      role: "viewer",
      action: "session.create",
      handle: (call) => signIn(deps, call),
    }),
    adminRoute({
      method: "delete",
      path: "/session",
      summary: "Signs this browser out; its cookie opens nothing any more.",
      tag,
      role: "viewer",
      action: "session.delete",
      handle: (call) => signOut(deps, call),
    }),
    adminRoute({
      method: "delete",
      path: "/sessions",
      summary: "Signs every browser out.",
      tag,
      role: "admin",
      action: "session.delete_all",
      handle: (call) =>
        transaction(deps.db, async (begun) => {
          const ended = await createAdminSessionRepository(begun).removeAll();
          await call.audit.record({ resourceKind: tag, resourceId: null, detail: { ended } }, begun);
          return reply({ ok: true, ended });
        }),
    }),
  ];
}

async function signIn({ db, hasher, now }: SessionDeps, call: AdminCall): Promise<AdminReply> {
  const { principal, request, response, audit } = call;
  if (principal.kind === "session") {
    throw new TokenHubError(
      "invalid_request",
      "A session is opened with an admin token or the admin password, not with another session.",
    );
  }
  const secret = randomBytes(32).toString("hex");
  const createdAtMs = now();
  const expiresAtMs = createdAtMs + sessionSeconds * 1_000;
  await transaction(db, async (begun) => {
    // The installation's own token and password are no rows that a session could end with.
    const stored = await createAdminTokenRepository(begun).get(principal.id);
    await createAdminSessionRepository(begun).create({
      idHash: hasher.hash(secret),
      tokenId: stored?.entry.id ?? null,
      actorName: principal.name,
      role: principal.role,
      createdAtMs,
      expiresAtMs,
      lastSeenAtMs: createdAtMs,
    });
    await audit.record({ resourceKind: tag, resourceId: null, detail: { role: principal.role } }, begun);
  });
  const cookie = { maxAgeSeconds: sessionSeconds, isSecure: isSecure(request) };
  response.setHeader("set-cookie", formatSessionCookie(secret, cookie));
  return reply({ ok: true, role: principal.role, expires_at: new Date(expiresAtMs).toISOString() });
}

async function signOut({ db, hasher }: SessionDeps, call: AdminCall): Promise<AdminReply> {
  const { request, response, audit } = call;
  const secret = readSessionCookie(request.headers.cookie);
  await transaction(db, async (begun) => {
    if (secret !== null) await createAdminSessionRepository(begun).remove(hasher.hash(secret));
    await audit.record({ resourceKind: tag, resourceId: null }, begun);
  });
  response.setHeader("set-cookie", clearedSessionCookie(isSecure(request)));
  return reply({ ok: true });
}

/** The header may be anybody's, but all it can do is keep the caller's own cookie off plain HTTP. */
function isSecure({ secure, headers }: Request): boolean {
  return secure || headers["x-forwarded-proto"] === "https";
}
