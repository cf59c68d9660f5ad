import { TokenHubError } from "@tokenhub/contracts";
import type { Request } from "express";
import type { AddressReader } from "../http/client-address.ts";
import { addressGroupOf } from "../admission/address-group.ts";
import type { RateLimiter } from "../admission/rate-limiter.ts";
import type { SecretHasher } from "../admission/secret-hasher.ts";
import type { AdminAccessStore } from "./admin-access-store.ts";
import type { AdminPrincipal } from "./admin-principal.ts";
import type { FailureGate } from "./failure-gate.ts";
import { readSessionCookie } from "./session-cookie.ts";

export type AdminAuthenticator = (request: Request) => Promise<AdminPrincipal>;

export interface AdminAuthenticatorOptions {
  /** The installation's own secrets; both open everything. Read on each call, because the token can be rotated. */
  readonly secrets: () => { readonly token: string | null; readonly password: string | null };
  readonly store: AdminAccessStore;
  readonly hasher: SecretHasher;
  readonly limiter: RateLimiter;
  readonly gate: FailureGate;
  readonly addressOf: AddressReader;
  readonly now: () => number;
  /** For the log: never the secret. */
  readonly onRefused: (refusal: { readonly address: string; readonly lockMs: number }) => void;
}

const methodsThatOnlyRead = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Finds out who administers: a bearer that is the admin token, the admin password or a stored token, or the cookie of a
 * session. Wrong secrets slow their address down; every refusal reads the same, whatever was wrong.
 * @throws TokenHubError `rate_limited`, `too_many_attempts`, `admin_unauthorized`, `admin_forbidden`
 */
export function createAdminAuthenticator(options: AdminAuthenticatorOptions): AdminAuthenticator {
  const { limiter, gate, addressOf, onRefused } = options;
  return async (request) => {
    const address = addressOf(request);
    limiter.admit(addressGroupOf(address));
    const bearer = /^Bearer\s+(\S.*)$/i.exec(request.headers.authorization ?? "")?.[1]?.trim() ?? null;
    const cookie = bearer === null ? readSessionCookie(request.headers.cookie) : null;
    if (bearer === null && cookie === null) throw unauthorized();
    gate.check(address);
    const principal =
      bearer === null ? await bySession(options, request, cookie ?? "") : await byBearer(options, bearer);
    if (principal === null) {
      onRefused({ address, lockMs: gate.fail(address) });
      throw unauthorized();
    }
    gate.succeed(address);
    return principal;
  };
}

async function byBearer(
  { secrets, store, hasher, now }: AdminAuthenticatorOptions,
  bearer: string,
): Promise<AdminPrincipal | null> {
  const { token, password } = secrets();
  // Both are compared, and the stored tokens asked, whatever the outcome: the time says nothing about which one fits.
  const isToken = token !== null && hasher.isEqual(bearer, token);
  const isPassword = password !== null && hasher.isEqual(bearer, password);
  const stored = await store.findTokenByHash(hasher.hash(bearer));
  if (isToken) return { kind: "token", id: "admin-token", name: "admin token", role: "admin" };
  if (isPassword) return { kind: "password", id: "admin-password", name: "admin password", role: "admin" };
  if (stored === null || !stored.enabled || (stored.expiresAtMs ?? Infinity) <= now()) return null;
  return { kind: "token", id: stored.id, name: stored.name, role: stored.role };
}

async function bySession(
  { store, hasher, now }: AdminAuthenticatorOptions,
  request: Request,
  cookie: string,
): Promise<AdminPrincipal | null> {
  const session = await store.findSessionByHash(hasher.hash(cookie));
  if (session === null || session.expiresAtMs <= now()) return null;
  // A browser sends the cookie for any page that asks it to; only our own pages may change something with it.
  if (!methodsThatOnlyRead.has(request.method) && !isSameOrigin(request)) {
    throw new TokenHubError(
      "admin_forbidden",
      "A signed-in browser may change things only from TokenHub's own pages.",
    );
  }
  return { kind: "session", id: session.principalId, name: session.principalName, role: session.role };
}

function isSameOrigin({ headers }: Request): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const origin = headers.origin;
  return origin !== undefined && URL.parse(origin)?.host === headers.host;
}

function unauthorized(): TokenHubError {
  return new TokenHubError(
    "admin_unauthorized",
    "This needs an admin token or the admin password. Send it as `Authorization: Bearer <token>`.",
  );
}
