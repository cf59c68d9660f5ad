import { TokenHubError } from "@tokenhub/contracts";
import {
  createModelRepository,
  createProviderRepository,
  transaction,
  type Database,
  type ModelEntry,
  type Stored,
} from "@tokenhub/persistence";
import { fillFromPriceList } from "../../../prices/fill-from-price-list.ts";
import type { AdminCall } from "../../admin-route.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { changedFields } from "./changed-fields.ts";
import { createdEntry, foundEntry, removedEntry, updatedEntry, type EntryName } from "./found-entry.ts";
import type { ModelForm } from "./model-form.ts";
import { modelFromBody, plainModel } from "./model-from-body.ts";

type SaveDeps = Pick<CatalogueAdminDeps, "db" | "now" | "catalogue" | "prices">;
type Begun = Database["db"];
type Saving = Pick<AdminCall, "audit" | "response" | "expectedVersion">;

/** Adds a model with its audit row. @throws TokenHubError `already_exists`, `invalid_request` when its provider is unknown */
export async function createModel(
  deps: SaveDeps,
  { entry, call }: { readonly entry: ModelEntry; readonly call: Saving },
): Promise<Stored<ModelEntry>> {
  const stored = await transaction(deps.db, async (begun) => {
    await requireProvider(begun, entry.providerId);
    const made = createdEntry(
      await createModelRepository(begun).create(entry, { nowMs: deps.now() }),
      nameOf(entry.id),
    );
    const detail = { provider: entry.providerId };
    await call.audit.record({ resourceKind: "model", resourceId: entry.id, detail }, begun);
    return made;
  });
  await deps.catalogue.announce();
  return withListPrices(deps, stored);
}

export interface ModelUpdate {
  readonly id: string;
  readonly form: ModelForm;
  readonly call: Saving;
  /** True: fields that are not stated go back to their defaults. */
  readonly isReplacement: boolean;
}

/** Changes a model, likewise. @throws TokenHubError `not_found`, `version_mismatch`, `invalid_request` */
export async function updateModel(
  deps: SaveDeps,
  { id, form, call, isReplacement }: ModelUpdate,
): Promise<Stored<ModelEntry>> {
  const name = nameOf(id);
  const stored = await transaction(deps.db, async (begun) => {
    const models = createModelRepository(begun);
    const before = foundEntry(await models.get(id), name);
    const { entry: shown } = await withListPrices({ ...deps, db: begun }, before);
    const base = isReplacement ? plainModel(id, before.entry.providerId) : before.entry;
    const next = modelFromBody(form, { base, shown });
    if (next.providerId !== before.entry.providerId) await requireProvider(begun, next.providerId);
    const { id: _id, ...patch } = next;
    const after = updatedEntry(
      await models.update(id, patch, { nowMs: deps.now(), expectedVersion: call.expectedVersion }),
      { name, call },
    );
    const detail = { changed: changedFields(before.entry, after.entry) };
    await call.audit.record({ resourceKind: "model", resourceId: id, detail }, begun);
    return after;
  });
  await deps.catalogue.announce();
  return withListPrices(deps, stored);
}

/** Removes a model. @throws TokenHubError `not_found`, `version_mismatch` */
export async function removeModel(
  deps: SaveDeps,
  { id, call }: { readonly id: string; readonly call: Saving },
): Promise<void> {
  const name = nameOf(id);
  await transaction(deps.db, async (begun) => {
    const write = { nowMs: deps.now(), expectedVersion: call.expectedVersion };
    removedEntry(await createModelRepository(begun).remove(id, write), { name, call });
    await call.audit.record({ resourceKind: "model", resourceId: id }, begun);
  });
  await deps.catalogue.announce();
}

/** A stored model with what the price list adds to it. */
export async function withListPrices(
  { db, prices }: Pick<CatalogueAdminDeps, "db" | "prices">,
  stored: Stored<ModelEntry>,
): Promise<Stored<ModelEntry>> {
  const provider = await createProviderRepository(db).get(stored.entry.providerId);
  return { ...stored, entry: fillFromPriceList(stored.entry, { provider: provider?.entry, prices }) };
}

async function requireProvider(begun: Begun, providerId: string): Promise<void> {
  if ((await createProviderRepository(begun).get(providerId)) !== null) return;
  throw new TokenHubError(
    "invalid_request",
    `There is no provider "${providerId}". Add it first, or name another one.`,
    { param: "provider_id" },
  );
}

function nameOf(id: string): EntryName {
  return { kind: "model", id };
}
