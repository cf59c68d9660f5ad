import { idFrom, TokenHubError } from "@tokenhub/contracts";
import { createApiKeyRepository, type ApiKey, type StoredApiKey } from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import type { AccessDatabase } from "../../../access/access-store.ts";
import { newApiKeySecret, shownPrefixOf } from "../../../access/api-key-secret.ts";
import type { KeyDirectory } from "../../../access/key-directory.ts";
import type { SpendReader } from "../../../access/spend-reader.ts";
import type { SecretHasher } from "../../../admission/secret-hasher.ts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { foundEntry, writtenEntry } from "../../written-entry.ts";
import {
  defaultSettings,
  keyBodySchema,
  keyPatchSchema,
  keyQuerySchema,
  rotationSchema,
  statedSettings,
  type KeyBody,
  type KeyPatch,
  type KeyQuery,
  type KeySettings,
  type RotationBody,
} from "./key-body.ts";
import { presentKey } from "./present-key.ts";
import { tenantOf } from "./tenant-of.ts";

export interface KeyRouteDeps {
  readonly db: AccessDatabase;
  readonly directory: Pick<KeyDirectory, "change">;
  readonly spend: SpendReader;
  readonly hasher: Pick<SecretHasher, "hash">;
  readonly now: () => number;
}

const noun = "API key";
const tag = "apikeys";
const kind = "apikey";
const warning = "Store this key now: it is shown only once and cannot be read again.";

/** The keys of the consumer API: create, list, read, replace, change, delete, rotate, and start the budget anew. */
export function keyRoutes(deps: KeyRouteDeps): AdminRoute[] {
  return [
    adminRoute<KeyBody>({
      method: "post",
      path: "/apikeys",
      summary: "Creates a key; its secret is in this answer only.",
      tag,
      role: "admin",
      bodySchema: keyBodySchema,
      action: "apikey.create",
      handle: (call) => createKey(deps, call),
    }),
    adminRoute<undefined, KeyQuery>({
      method: "get",
      path: "/apikeys",
      summary: "Lists keys.",
      tag,
      role: "viewer",
      querySchema: keyQuerySchema,
      action: null,
      handle: (call) => listKeys(deps, call.query),
    }),
    adminRoute({
      method: "get",
      path: "/apikeys/:id",
      summary: "Reads one key.",
      tag,
      role: "viewer",
      action: null,
      handle: async (call) =>
        replyKey(deps, foundEntry(await createApiKeyRepository(deps.db).get(idOf(call)), noun)),
    }),
    adminRoute<KeyBody>({
      method: "put",
      path: "/apikeys/:id",
      summary: "Replaces all settings of a key; what is absent gets its default. The secret stays.",
      tag,
      role: "admin",
      bodySchema: keyBodySchema,
      action: "apikey.update",
      handle: (call) => changeKey(deps, call, { isReplacement: true }),
    }),
    adminRoute<KeyPatch>({
      method: "patch",
      path: "/apikeys/:id",
      summary: "Changes some settings of a key. The secret stays.",
      tag,
      role: "admin",
      bodySchema: keyPatchSchema,
      action: "apikey.update",
      handle: (call) => changeKey(deps, call, { isReplacement: false }),
    }),
    adminRoute({
      method: "delete",
      path: "/apikeys/:id",
      summary: "Deletes a key; it is refused at once.",
      tag,
      role: "admin",
      action: "apikey.revoke",
      handle: (call) => removeKey(deps, call),
    }),
    adminRoute<RotationBody>({
      method: "post",
      path: "/apikeys/:id/rotate",
      summary: "Gives a key a new secret, which is in this answer only.",
      tag,
      role: "admin",
      bodySchema: rotationSchema,
      action: "apikey.rotate",
      handle: (call) => rotateKey(deps, call),
    }),
    adminRoute({
      method: "post",
      path: "/apikeys/:id/paid",
      summary: "Starts the monthly budget of a key anew: spend counts from now.",
      tag,
      role: "admin",
      action: "apikey.budget_paid",
      handle: (call) => resetBudget(deps, call),
    }),
  ];
}

async function createKey(
  deps: KeyRouteDeps,
  { body, audit, response }: AdminCall<KeyBody>,
): Promise<AdminReply> {
  const nowMs = deps.now();
  const secret = newApiKeySecret();
  const settings = { ...defaultSettings, name: body.name, ...statedSettings(body, { nowMs, present: null }) };
  const stored = await deps.directory.change(async (transaction, notes) => {
    const tenantId = await tenantOf(transaction, { stated: body.tenant_id, projectId: settings.projectId });
    const key: ApiKey = {
      ...settings,
      id: idFrom("key", randomUUID()),
      tenantId,
      keyHash: deps.hasher.hash(secret),
      keyPrefix: shownPrefixOf(secret),
      previousKeyHash: null,
      previousValidUntilMs: null,
      rotatedAtMs: nowMs,
      budgetResetAtMs: null,
    };
    const written = writtenEntry(await createApiKeyRepository(transaction).create(key, { nowMs }), noun);
    notes.key(key.id);
    await audit.record(
      { resourceKind: kind, resourceId: key.id, detail: { name: key.name, tenantId, scopes: key.scopes } },
      transaction,
    );
    return written;
  });
  response.setHeader("location", `/admin/v1/apikeys/${stored.entry.id}`);
  return replyKey(deps, stored, { status: 201, extra: secretFields(stored, secret) });
}

async function listKeys(deps: KeyRouteDeps, query: KeyQuery): Promise<AdminReply> {
  const { limit, offset } = query;
  const nowMs = deps.now();
  const { items, total } = await createApiKeyRepository(deps.db).page({
    limit,
    offset,
    filters: {
      tenantId: query.tenant_id,
      projectId: query.project_id,
      enabled: query.enabled,
      text: query.q,
    },
    sort: { by: sortNames[query.sort], direction: query.order },
  });
  const spent = await deps.spend.spentByMany("key", items.map(spendScopeOf), nowMs);
  const shown = items.map((stored) =>
    presentKey(stored, { nowMs, spentNanoUsd: spent.get(stored.entry.id) ?? 0 }),
  );
  return reply({ items: shown, keys: shown, total, limit, offset });
}

const sortNames = {
  id: "id",
  name: "name",
  created_at: "createdAt",
  last_used_at: "lastUsedAt",
  expires_at: "expiresAt",
} as const;

async function changeKey(
  deps: KeyRouteDeps,
  call: AdminCall<KeyPatch>,
  { isReplacement }: { readonly isReplacement: boolean },
): Promise<AdminReply> {
  const id = idOf(call);
  const nowMs = deps.now();
  const stored = await deps.directory.change(async (transaction, notes) => {
    const keys = createApiKeyRepository(transaction);
    const { entry } = foundEntry(await keys.get(id), noun);
    if (call.body.tenant_id !== undefined && call.body.tenant_id !== entry.tenantId)
      throw new TokenHubError("invalid_request", "A key stays with its tenant. Create a key there instead.", {
        param: "tenant_id",
      });
    const settings: Partial<KeySettings> = isReplacement
      ? { ...defaultSettings, ...statedSettings(call.body, { nowMs, present: null }) }
      : statedSettings(call.body, { nowMs, present: entry.cache });
    if (settings.projectId !== undefined)
      await tenantOf(transaction, { stated: entry.tenantId, projectId: settings.projectId });
    const write = { nowMs, expectedVersion: call.expectedVersion };
    const written = writtenEntry(await keys.update(id, settings, write), noun);
    notes.key(id);
    const changed = Object.keys(call.body);
    const detail = { changed, ...(settings.enabled === undefined ? {} : { enabled: settings.enabled }) };
    await call.audit.record({ resourceKind: kind, resourceId: id, detail }, transaction);
    return written;
  });
  return replyKey(deps, stored, { extra: { ok: true } });
}

async function removeKey(deps: KeyRouteDeps, call: AdminCall): Promise<AdminReply> {
  const id = idOf(call);
  await deps.directory.change(async (transaction, notes) => {
    const { expectedVersion } = call;
    const { entry } = writtenEntry(
      await createApiKeyRepository(transaction).remove(id, { expectedVersion }),
      noun,
    );
    notes.key(id);
    await call.audit.record(
      { resourceKind: kind, resourceId: id, detail: { name: entry.name } },
      transaction,
    );
  });
  return reply({ ok: true, id });
}

async function rotateKey(deps: KeyRouteDeps, call: AdminCall<RotationBody>): Promise<AdminReply> {
  const id = idOf(call);
  const nowMs = deps.now();
  const graceMs = call.body.grace_period ?? 0;
  const secret = newApiKeySecret();
  const stored = await deps.directory.change(async (transaction, notes) => {
    const written = writtenEntry(
      await createApiKeyRepository(transaction).rotate(id, {
        keyHash: deps.hasher.hash(secret),
        keyPrefix: shownPrefixOf(secret),
        graceMs,
        nowMs,
        expectedVersion: call.expectedVersion,
      }),
      noun,
    );
    notes.key(id);
    await call.audit.record({ resourceKind: kind, resourceId: id, detail: { graceMs } }, transaction);
    return written;
  });
  return replyKey(deps, stored, { extra: secretFields(stored, secret) });
}

async function resetBudget(deps: KeyRouteDeps, call: AdminCall): Promise<AdminReply> {
  const id = idOf(call);
  const nowMs = deps.now();
  const stored = await deps.directory.change(async (transaction, notes) => {
    const written = writtenEntry(
      await createApiKeyRepository(transaction).update(
        id,
        { budgetResetAtMs: nowMs },
        { nowMs, expectedVersion: call.expectedVersion },
      ),
      noun,
    );
    notes.key(id);
    await call.audit.record({ resourceKind: kind, resourceId: id }, transaction);
    return written;
  });
  return replyKey(deps, stored, { extra: { ok: true } });
}

function secretFields({ entry }: StoredApiKey, secret: string) {
  return { ok: true, key: secret, prefix: entry.keyPrefix, warning };
}

async function replyKey(
  deps: KeyRouteDeps,
  stored: StoredApiKey,
  { status = 200, extra = {} }: { readonly status?: number; readonly extra?: Record<string, unknown> } = {},
): Promise<AdminReply> {
  const nowMs = deps.now();
  const spentNanoUsd = await deps.spend.spentNanoUsd({ kind: "key", ...spendScopeOf(stored) }, nowMs);
  return reply(
    { ...extra, ...presentKey(stored, { nowMs, spentNanoUsd }) },
    { status, version: stored.version },
  );
}

function spendScopeOf({ entry }: StoredApiKey) {
  return { id: entry.id, resetAtMs: entry.budgetResetAtMs };
}

function idOf({ params }: Pick<AdminCall, "params">): string {
  return params["id"] ?? "";
}
