import { formatVaultEnvelope } from "./cryptography/vault-envelope.ts";
import type { OpenedEntry } from "./imports/import-source.ts";
import { openImport, type ImportInput } from "./imports/open-import.ts";
import { sealStoredEntry } from "./stored-entry.ts";
import type { ImportResult } from "./vault.ts";
import type { VaultParts } from "./vault-parts.ts";
import type { UnlockedVault } from "./vault-session.ts";
import type { StoredEntry } from "./vault-store.ts";

export interface ImportOptions extends ImportInput {
  /** What happens to entries that are there already; `replace` unless said otherwise. */
  readonly existing?: "replace" | "keep";
}

/** See `Vault.import`. */
export async function importEntries(
  parts: VaultParts,
  { existing = "replace", ...input }: ImportOptions,
): Promise<ImportResult> {
  const { store, session, door, emit } = parts;
  // A locked vault is told at once, before a derivation is paid for.
  await session.read(() => undefined);
  const { format, entries } = await door.derive(() => openImport(input));
  let taken: readonly StoredEntry[] = [];
  try {
    await session.change((vault) => {
      taken = sealTaken(vault, { entries, existing, parts });
      if (taken.length === 0) return null;
      const all = new Map([...vault.stored.entries, ...taken].map((entry) => [entry.name, entry]));
      const envelopeJson = formatVaultEnvelope(vault.stored.envelope);
      return {
        write: () => store.replace(vault.stored.revision, { envelopeJson, entries: [...all.values()] }),
        onDone() {
          for (const { name, version } of taken) emit({ type: "entry-written", name, version });
        },
      };
    });
  } finally {
    for (const { value } of entries) value.fill(0);
  }
  const imported = new Set(taken.map(({ name }) => name));
  const kept = entries.map(({ name }) => name).filter((name) => !imported.has(name));
  return { format, imported: [...imported].toSorted(), kept: kept.toSorted() };
}

function sealTaken(
  { stored, held }: UnlockedVault,
  {
    entries,
    existing,
    parts: { now, random },
  }: {
    readonly entries: readonly OpenedEntry[];
    readonly existing: "replace" | "keep";
    readonly parts: VaultParts;
  },
): readonly StoredEntry[] {
  const present = new Map(stored.entries.map((entry) => [entry.name, entry]));
  return entries
    .filter(({ name }) => existing === "replace" || !present.has(name))
    .map(({ name, value }) =>
      sealStoredEntry(held.dataKey, { name, value, before: present.get(name), nowMs: now(), random }),
    );
}
