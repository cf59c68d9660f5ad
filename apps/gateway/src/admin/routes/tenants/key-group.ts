import type { InUse, Page, Removed, Expectation, Versioned } from "@tokenhub/persistence";
import { z } from "zod";
import type { AccessDatabase } from "../../../access/access-store.ts";
import type { KeyDirectory } from "../../../access/key-directory.ts";
import type { SpendReader } from "../../../access/spend-reader.ts";
import { reply, type AdminCall, type AdminReply } from "../../admin-route.ts";
import { timeText, truthQuery, usdOf } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import { writtenEntry } from "../../written-entry.ts";

export interface KeyGroupDeps {
  readonly db: AccessDatabase;
  readonly directory: Pick<KeyDirectory, "change">;
  readonly spend: SpendReader;
  readonly now: () => number;
}

/** What tenants and projects have in common: keys belong to them, and they have a name, a state and a budget. */
interface KeyGroup {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
}

/** One kind of group. */
export interface KeyGroupKind<Group extends KeyGroup> {
  /** Also the kind of resource in the audit log and the scope of its spend. */
  readonly noun: "tenant" | "project";
  readonly budgetNanoUsdOf: (group: Group) => number | null;
  /** What only this kind shows. */
  readonly present: (group: Group) => object;
}

export const keyGroupQueryShape = {
  ...pageQueryShape,
  enabled: truthQuery.optional(),
  q: z.string().max(200).optional().meta({ description: "Part of the id or the name." }),
  sort: z.enum(["id", "name", "created_at"]).default("id"),
  order: z.enum(["asc", "desc"]).default("asc"),
};
type KeyGroupQuery = z.infer<z.ZodObject<typeof keyGroupQueryShape>>;

/** The part of a repository's page that every kind has. */
export function pageOf({ limit, offset, sort, order }: KeyGroupQuery) {
  const by = sort === "created_at" ? ("createdAt" as const) : sort;
  return { limit, offset, sort: { by, direction: order } };
}

/** Answers with one page, and what each group has spent this month. */
export async function replyGroups<Group extends KeyGroup>(
  deps: Pick<KeyGroupDeps, "spend" | "now">,
  kind: KeyGroupKind<Group>,
  { page, query }: { readonly page: Page<Versioned<Group>>; readonly query: KeyGroupQuery },
): Promise<AdminReply> {
  const scopes = page.items.map(({ entry }) => ({ id: entry.id, resetAtMs: null }));
  const spent = await deps.spend.spentByMany(kind.noun, scopes, deps.now());
  const items = page.items.map((stored) => presentGroup(kind, stored, spent.get(stored.entry.id) ?? 0));
  return reply({ items, total: page.total, limit: query.limit, offset: query.offset });
}

/** Answers with one group, and what it has spent this month. */
export async function replyGroup<Group extends KeyGroup>(
  deps: Pick<KeyGroupDeps, "spend" | "now">,
  kind: KeyGroupKind<Group>,
  { stored, status = 200 }: { readonly stored: Versioned<Group>; readonly status?: number },
): Promise<AdminReply> {
  const scope = { kind: kind.noun, id: stored.entry.id, resetAtMs: null };
  const spentNanoUsd = await deps.spend.spentNanoUsd(scope, deps.now());
  return reply(presentGroup(kind, stored, spentNanoUsd), { status, version: stored.version });
}

interface GroupRemover<Group> {
  readonly remove: (id: string, write: Expectation) => Promise<Removed<Versioned<Group>> | InUse>;
}

/** Removes a group that nothing belongs to, with its audit row. @throws TokenHubError `not_found`, `version_mismatch`, `conflict` */
export async function removeGroup<Group extends KeyGroup>(
  deps: Pick<KeyGroupDeps, "directory">,
  { noun }: KeyGroupKind<Group>,
  {
    call,
    repositoryOf,
  }: {
    readonly call: AdminCall;
    readonly repositoryOf: (transaction: AccessDatabase) => GroupRemover<Group>;
  },
): Promise<AdminReply> {
  const id = groupIdOf(call);
  await deps.directory.change(async (transaction, notes) => {
    const { expectedVersion } = call;
    writtenEntry(await repositoryOf(transaction).remove(id, { expectedVersion }), noun);
    notes.group();
    await call.audit.record({ resourceKind: noun, resourceId: id }, transaction);
  });
  return reply({ ok: true, id });
}

export function groupIdOf({ params }: Pick<AdminCall, "params">): string {
  return params["id"] ?? "";
}

function presentGroup<Group extends KeyGroup>(
  kind: KeyGroupKind<Group>,
  { entry, createdAtMs, updatedAtMs }: Versioned<Group>,
  spentNanoUsd: number,
) {
  return {
    id: entry.id,
    name: entry.name,
    enabled: entry.enabled,
    monthly_budget_usd: usdOf(kind.budgetNanoUsdOf(entry)),
    current_spend_usd: usdOf(spentNanoUsd),
    ...kind.present(entry),
    created_at: timeText(createdAtMs),
    updated_at: timeText(updatedAtMs),
  };
}
