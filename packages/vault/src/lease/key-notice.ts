/**
 * What a gateway tells workers and other gateways about the published keys:
 *
 * | kind          | workers                  | other gateways                                           |
 * |---------------|--------------------------|----------------------------------------------------------|
 * | entry-changed | drop the key of the name | -                                                        |
 * | keys-replaced | forget all keys          | -                                                        |
 * | lease-ended   | forget all keys          | publish a lease of their own if they are unlocked        |
 * | locked        | forget all keys          | lock too: somebody asked for it                          |
 * | unlocked      | -                        | unlock with their configured secret, if they have one    |
 */
export type KeyNotice = { readonly from: string } & (
  | { readonly kind: "entry-changed"; readonly name: string }
  | { readonly kind: (typeof nameless)[number] }
);

const nameless = ["keys-replaced", "lease-ended", "locked", "unlocked"] as const;

/** The text that travels over the vault's channel; it holds no secret, not even a sealed one. */
export function formatKeyNotice(notice: KeyNotice): string {
  return JSON.stringify({ v: 1, ...notice });
}

/** Null for whatever this release does not understand. */
export function readKeyNotice(text: string): KeyNotice | null {
  const { v, from, kind, name } = fieldsOf(text);
  if (v !== 1 || typeof from !== "string") return null;
  if (kind === "entry-changed") return typeof name === "string" ? { from, kind, name } : null;
  const known = nameless.find((candidate) => candidate === kind);
  return known === undefined ? null : { from, kind: known };
}

function fieldsOf(text: string): Partial<Record<"v" | "from" | "kind" | "name", unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // Not ours: anybody may publish on a channel.
    return {};
  }
}
