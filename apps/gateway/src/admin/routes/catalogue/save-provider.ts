import type { CatalogueProvider } from "@tokenhub/contracts";
import {
  createProviderRepository,
  transaction,
  type Database,
  type ProviderRepository,
  type Stored,
} from "@tokenhub/persistence";
import type { AdminCall } from "../../admin-route.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";
import { changedFields } from "./changed-fields.ts";
import { createdEntry, foundEntry, removedEntry, updatedEntry, type EntryName } from "./found-entry.ts";
import { plainProvider, providerFromBody } from "./provider-from-body.ts";
import type { ProviderForm } from "./provider-form.ts";

type SaveDeps = Pick<CatalogueAdminDeps, "db" | "keys" | "now" | "catalogue">;
type Begun = Database["db"];
type Saving = Pick<AdminCall, "audit" | "response" | "expectedVersion">;

/** What a body says about the key: seal this one, delete the present one, or leave it as it is. */
export type KeyChange = { readonly kind: "set"; readonly key: string } | { readonly kind: "clear" | "keep" };

/** An empty key counts as not given, as an empty variable does. */
export function keyChangeOf({ api_key: key }: ProviderForm): KeyChange {
  if (key === null) return { kind: "clear" };
  return key === undefined || key === "" ? { kind: "keep" } : { kind: "set", key };
}

/** Adds a provider with its key, its audit row and the catalogue's version in one transaction. @throws TokenHubError `already_exists` */
export function createProvider(
  deps: SaveDeps,
  { entry, key, call }: { readonly entry: CatalogueProvider; readonly key: KeyChange; readonly call: Saving },
): Promise<Stored<CatalogueProvider>> {
  const name = nameOf(entry.id);
  return commit(deps, {
    ...name,
    key,
    change: async (begun) => {
      const stored = createdEntry(
        await createProviderRepository(begun).create(entry, { nowMs: deps.now() }),
        name,
      );
      const detail = { type: entry.type, key: key.kind };
      await call.audit.record({ resourceKind: "provider", resourceId: entry.id, detail }, begun);
      return stored;
    },
  });
}

export interface ProviderUpdate {
  readonly id: string;
  readonly form: ProviderForm;
  readonly call: Saving;
  /** True: fields that are not stated go back to their defaults; the key and where it comes from stay. */
  readonly isReplacement: boolean;
}

/** Changes a provider, likewise. @throws TokenHubError `not_found`, `version_mismatch`, `invalid_request` */
export function updateProvider(
  deps: SaveDeps,
  { id, form, call, isReplacement }: ProviderUpdate,
): Promise<Stored<CatalogueProvider>> {
  const name = nameOf(id);
  const key = keyChangeOf(form);
  return commit(deps, {
    ...name,
    key,
    change: async (begun) => {
      const providers = createProviderRepository(begun);
      const before = foundEntry(await providers.get(id), name);
      const base = isReplacement ? replacedBase(before.entry) : before.entry;
      const { id: _id, ...patch } = draftOf(deps, form, base);
      const after = updatedEntry(
        await providers.update(id, patch, { nowMs: deps.now(), expectedVersion: call.expectedVersion }),
        { name, call },
      );
      const detail = { changed: changedFields(before.entry, after.entry), key: key.kind };
      await call.audit.record({ resourceKind: "provider", resourceId: id, detail }, begun);
      return after;
    },
  });
}

/** The provider that a body makes of another one, in this installation's environment. @throws TokenHubError `invalid_request` */
export function draftOf(
  { catalogue }: Pick<CatalogueAdminDeps, "catalogue">,
  form: ProviderForm,
  base: CatalogueProvider,
): CatalogueProvider {
  return providerFromBody(form, base, { environmentAddress: catalogue.environmentAddressOf(base.id) });
}

/** What a replacement starts from: nothing but who the provider is and where its key comes from. */
export function replacedBase({ id, type, credentialSource }: CatalogueProvider): CatalogueProvider {
  return { ...plainProvider(id, type), credentialSource };
}

/** Removes a provider with its models and its key. @throws TokenHubError `not_found`, `version_mismatch` */
export function removeProvider(
  deps: SaveDeps,
  { id, call }: { readonly id: string; readonly call: Saving },
): Promise<readonly string[]> {
  const name = nameOf(id);
  return commit(deps, {
    ...name,
    key: { kind: "clear" },
    change: async (begun) => {
      const outcome: Awaited<ReturnType<ProviderRepository["remove"]>> = await createProviderRepository(
        begun,
      ).remove(id, { nowMs: deps.now(), expectedVersion: call.expectedVersion });
      const { modelIds } = removedEntry(outcome, { name, call });
      const detail = { models: modelIds.length, key: "clear" };
      await call.audit.record({ resourceKind: "provider", resourceId: id, detail }, begun);
      return modelIds;
    },
  });
}

/** Makes a change and the key's together, then tells the workers. */
async function commit<Outcome>(
  { db, keys, catalogue }: SaveDeps,
  {
    id,
    key,
    change,
  }: { readonly id: string; readonly key: KeyChange; readonly change: (begun: Begun) => Promise<Outcome> },
): Promise<Outcome> {
  const outcome =
    key.kind === "keep"
      ? await transaction(db, change)
      : key.kind === "set"
        ? await keys.set(id, { key: key.key, alongside: change })
        : await keys.remove(id, { alongside: change });
  await catalogue.announce();
  return outcome;
}

function nameOf(id: string): EntryName {
  return { kind: "provider", id };
}
