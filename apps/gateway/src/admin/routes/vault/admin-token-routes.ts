import { idFrom, TokenHubError } from "@tokenhub/contracts";
import {
  createAdminSessionRepository,
  createAdminTokenRepository,
  transaction,
  type StoredAdminToken,
} from "@tokenhub/persistence";
import { randomBytes, randomUUID } from "node:crypto";
import { basename } from "node:path";
import type { z } from "zod";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { timeText } from "../../fields.ts";
import { foundEntry, writtenEntry } from "../../written-entry.ts";
import {
  rotationSchema,
  tokenPatchSchema,
  tokenQuerySchema,
  tokenSchema,
  type RotationBody,
  type TokenBody,
  type TokenPatch,
  type TokenQuery,
} from "./admin-token-form.ts";
import type { VaultRouteDeps } from "./vault-route-deps.ts";

type TokenDeps = Pick<VaultRouteDeps, "db" | "hasher" | "now" | "adminSecrets">;

const noun = "admin token";
const tag = "admin-tokens";
const kind = "admin_token";
const secretPrefix = "thadmin_";
/** Enough to tell tokens apart, far too little to guess one. */
const shownCharacters = secretPrefix.length + 6;
const warning = "Store this token now: it is shown only once and cannot be read again.";

/** The installation's own admin token, and tokens with a role for the people and programs that administer. */
export function adminTokenRoutes(deps: TokenDeps): AdminRoute[] {
  return [
    adminRoute<RotationBody>({
      method: "post",
      path: "/admin-token/rotate",
      summary: "Replaces the installation's admin token and signs every browser out.",
      tag,
      role: "admin",
      bodySchema: rotationSchema,
      action: "admin_token.rotate",
      handle: (call) => rotateOwnToken(deps, call),
    }),
    adminRoute<undefined, TokenQuery>({
      method: "get",
      path: "/admin-tokens",
      summary: "Lists stored admin tokens; never their secrets.",
      tag,
      role: "admin",
      querySchema: tokenQuerySchema as z.ZodType<TokenQuery>,
      action: null,
      handle: (call) => listTokens(deps, call.query),
    }),
    adminRoute<TokenBody>({
      method: "post",
      path: "/admin-tokens",
      summary: "Creates an admin token with a role; its secret is in this answer only.",
      tag,
      role: "admin",
      bodySchema: tokenSchema,
      action: "admin_token.create",
      handle: (call) => createToken(deps, call),
    }),
    adminRoute({
      method: "get",
      path: "/admin-tokens/:id",
      summary: "Reads one admin token; never its secret.",
      tag,
      role: "admin",
      action: null,
      handle: async (call) =>
        replyToken(foundEntry(await createAdminTokenRepository(deps.db).get(idOf(call)), noun)),
    }),
    adminRoute<TokenPatch>({
      method: "patch",
      path: "/admin-tokens/:id",
      summary: "Changes name, role or expiry of an admin token, or disables it; its sessions end.",
      tag,
      role: "admin",
      bodySchema: tokenPatchSchema,
      action: "admin_token.update",
      handle: (call) => changeToken(deps, call),
    }),
    adminRoute({
      method: "delete",
      path: "/admin-tokens/:id",
      summary: "Deletes an admin token; it and its sessions are refused at once.",
      tag,
      role: "admin",
      action: "admin_token.revoke",
      handle: (call) => removeToken(deps, call),
    }),
  ];
}

async function rotateOwnToken(
  { adminSecrets, db }: TokenDeps,
  { body, audit }: AdminCall<RotationBody>,
): Promise<AdminReply> {
  adminSecrets.assertTokenCanRotate();
  // First the sessions: should the rest fail, people sign in again, and nobody is left with a token that is not known.
  const ended = await createAdminSessionRepository(db).removeAll();
  const token = adminSecrets.rotateToken(body.token || null);
  await audit.record({ resourceKind: kind, resourceId: "admin-token", detail: { sessionsEnded: ended } });
  const { tokenFile } = adminSecrets;
  return reply({ ok: true, token, ...(tokenFile === null ? {} : { kept_in: basename(tokenFile) }) });
}

async function listTokens({ db }: TokenDeps, query: TokenQuery): Promise<AdminReply> {
  const { limit, offset, role, enabled, q } = query;
  const { items, total } = await createAdminTokenRepository(db).page({
    limit,
    offset,
    filters: { role, enabled, text: q },
  });
  return reply({ items: items.map(presentToken), total, limit, offset });
}

async function createToken(
  { db, hasher, now }: TokenDeps,
  { body, audit, response }: AdminCall<TokenBody>,
): Promise<AdminReply> {
  const nowMs = now();
  if (typeof body.expires_at === "number" && body.expires_at <= nowMs)
    throw new TokenHubError("invalid_request", "`expires_at` is in the past.", { param: "expires_at" });
  const secret = `${secretPrefix}${randomBytes(32).toString("hex")}`;
  const stored = await transaction(db, async (begun) => {
    const token = {
      id: idFrom("adminToken", randomUUID()),
      name: body.name,
      role: body.role,
      tokenHash: hasher.hash(secret),
      tokenPrefix: secret.slice(0, shownCharacters),
      enabled: true,
      expiresAtMs: body.expires_at ?? null,
    };
    const written = writtenEntry(await createAdminTokenRepository(begun).create(token, { nowMs }), noun);
    const detail = { name: token.name, role: token.role };
    await audit.record({ resourceKind: kind, resourceId: token.id, detail }, begun);
    return written;
  });
  response.setHeader("location", `/admin/v1/admin-tokens/${stored.entry.id}`);
  return reply(
    { ok: true, token: secret, warning, ...presentToken(stored) },
    { status: 201, version: stored.version },
  );
}

/** What a session may do was settled when it was opened, so that it ends with every change of its token. */
async function changeToken({ db, now }: TokenDeps, call: AdminCall<TokenPatch>): Promise<AdminReply> {
  const { body, expectedVersion, audit } = call;
  const id = idOf(call);
  const stored = await transaction(db, async (begun) => {
    const written = writtenEntry(
      await createAdminTokenRepository(begun).update(
        id,
        { name: body.name, role: body.role, enabled: body.enabled, expiresAtMs: body.expires_at },
        { nowMs: now(), expectedVersion },
      ),
      noun,
    );
    await createAdminSessionRepository(begun).removeAll({ tokenId: id });
    await audit.record({ resourceKind: kind, resourceId: id, detail: { changed: Object.keys(body) } }, begun);
    return written;
  });
  return replyToken(stored);
}

async function removeToken({ db }: TokenDeps, call: AdminCall): Promise<AdminReply> {
  const { expectedVersion, audit } = call;
  const id = idOf(call);
  await transaction(db, async (begun) => {
    const { entry } = writtenEntry(
      await createAdminTokenRepository(begun).remove(id, { expectedVersion }),
      noun,
    );
    await audit.record({ resourceKind: kind, resourceId: id, detail: { name: entry.name } }, begun);
  });
  return reply({ ok: true, id });
}

function replyToken(stored: StoredAdminToken): AdminReply {
  return reply(presentToken(stored), { version: stored.version });
}

function presentToken({ entry, version, createdAtMs, updatedAtMs, lastUsedAtMs }: StoredAdminToken) {
  return {
    id: entry.id,
    name: entry.name,
    role: entry.role,
    prefix: entry.tokenPrefix,
    enabled: entry.enabled,
    expires_at: timeText(entry.expiresAtMs),
    last_used_at: timeText(lastUsedAtMs),
    created_at: timeText(createdAtMs),
    updated_at: timeText(updatedAtMs),
    version,
  };
}

function idOf({ params }: Pick<AdminCall, "params">): string {
  return params["id"] ?? "";
}
