import { TokenHubError, type CatalogueAlias } from "@tokenhub/contracts";
import {
  createAliasRepository,
  createModelRepository,
  transaction,
  type Database,
  type Stored,
} from "@tokenhub/persistence";
import type { AdminCall } from "../../admin-route.ts";
import type { AliasForm } from "./alias-form.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { changedFields } from "./changed-fields.ts";
import { createdEntry, foundEntry, removedEntry, updatedEntry, type EntryName } from "./found-entry.ts";

type SaveDeps = Pick<CatalogueAdminDeps, "db" | "now" | "catalogue">;
type Begun = Database["db"];
type Saving = Pick<AdminCall, "audit" | "response" | "expectedVersion">;

interface AliasWrite {
  readonly id: string;
  readonly form: AliasForm;
  readonly call: Saving;
}

/** Adds an alias with its audit row. @throws TokenHubError `already_exists`, `invalid_request` for an unknown model */
export async function createAlias(
  deps: SaveDeps,
  { id, form, call }: AliasWrite,
): Promise<Stored<CatalogueAlias>> {
  const stored = await transaction(deps.db, async (begun) => {
    const entry = aliasFromForm(form, plainAlias(id));
    await requireModels(begun, entry, []);
    const made = createdEntry(
      await createAliasRepository(begun).create(entry, { nowMs: deps.now() }),
      nameOf(id),
    );
    await call.audit.record({ resourceKind: "alias", resourceId: id, detail: detailOf(entry) }, begun);
    return made;
  });
  await deps.catalogue.announce();
  return stored;
}

/** Changes an alias, likewise. @throws TokenHubError `not_found`, `version_mismatch`, `invalid_request` */
export async function updateAlias(
  deps: SaveDeps,
  { id, form, call, isReplacement }: AliasWrite & { readonly isReplacement: boolean },
): Promise<Stored<CatalogueAlias>> {
  const name = nameOf(id);
  const stored = await transaction(deps.db, async (begun) => {
    const aliases = createAliasRepository(begun);
    const before = foundEntry(await aliases.get(id), name);
    const next = aliasFromForm(form, isReplacement ? plainAlias(id) : before.entry);
    await requireModels(begun, next, before.entry.variants);
    const { id: _id, ...patch } = next;
    const after = updatedEntry(
      await aliases.update(id, patch, { nowMs: deps.now(), expectedVersion: call.expectedVersion }),
      { name, call },
    );
    const detail = { ...detailOf(next), changed: changedFields(before.entry, after.entry) };
    await call.audit.record({ resourceKind: "alias", resourceId: id, detail }, begun);
    return after;
  });
  await deps.catalogue.announce();
  return stored;
}

/** Removes an alias. @throws TokenHubError `not_found`, `version_mismatch` */
export async function removeAlias(
  deps: SaveDeps,
  { id, call }: { readonly id: string; readonly call: Saving },
): Promise<void> {
  const name = nameOf(id);
  await transaction(deps.db, async (begun) => {
    const write = { nowMs: deps.now(), expectedVersion: call.expectedVersion };
    removedEntry(await createAliasRepository(begun).remove(id, write), { name, call });
    await call.audit.record({ resourceKind: "alias", resourceId: id }, begun);
  });
  await deps.catalogue.announce();
}

function plainAlias(id: string): CatalogueAlias {
  return { id, enabled: true, stickyBy: "request", variants: [] };
}

function aliasFromForm(form: AliasForm, base: CatalogueAlias): CatalogueAlias {
  return {
    id: base.id,
    enabled: form.enabled ?? base.enabled,
    stickyBy:
      form.sticky_by === undefined ? base.stickyBy : form.sticky_by === "" ? "request" : form.sticky_by,
    variants: form.variants?.map(({ model_id: modelId, weight }) => ({ modelId, weight })) ?? base.variants,
  };
}

/** A model that is gone may stay where it is named already, but nobody names an unknown one anew. */
async function requireModels(
  begun: Begun,
  { variants }: CatalogueAlias,
  present: CatalogueAlias["variants"],
): Promise<void> {
  const models = createModelRepository(begun);
  const known = new Set(present.map(({ modelId }) => modelId));
  for (const [index, { modelId }] of variants.entries()) {
    if (known.has(modelId) || (await models.get(modelId)) !== null) continue;
    throw new TokenHubError(
      "invalid_request",
      `There is no model "${modelId}". Add it first, or name another one.`,
      {
        param: `variants.${index}.model_id`,
      },
    );
  }
}

function detailOf({ variants }: CatalogueAlias): { readonly models: readonly string[] } {
  return { models: variants.map(({ modelId }) => modelId) };
}

function nameOf(id: string): EntryName {
  return { kind: "alias", id };
}
