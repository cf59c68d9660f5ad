/** Text that Prometheus shows for a value outside the allowed ones. */
export const otherLabelValue = "other";
const longestValue = 128;

/**
 * The values one label may take. A list is closed. `openLabel` takes values that are only known at run time, such as model
 * ids of the catalogue, up to a limit. Never a key, a user, a tenant's free text or a request id.
 */
export type LabelValues = readonly string[] | OpenLabel;

export interface OpenLabel {
  readonly kind: "open";
  readonly limit: number;
}

/** A label whose first `limit` distinct values count; later ones are shown as `other`. */
export function openLabel({ limit }: { readonly limit: number }): OpenLabel {
  return { kind: "open", limit };
}

/** What a caller may pass for a label: one of the listed words, or any text when the label is open. */
export type LabelValue<Values extends LabelValues> = Values extends readonly (infer Word extends string)[]
  ? Word
  : string;

/** Maps a value to what may be shown. Stateful for open labels: it remembers the values it has let through. */
export type LabelGuard = (value: string) => string;

/** The guard of one label of one metric. */
export function createLabelGuard(values: LabelValues): LabelGuard {
  const isClosed = !("kind" in values);
  const limit = isClosed ? 0 : values.limit;
  const known = new Set<string>(isClosed ? values : []);
  return (value) => {
    if (value === "" || known.has(value)) return value;
    if (isClosed || known.size >= limit || value.length > longestValue) return otherLabelValue;
    known.add(value);
    return value;
  };
}
