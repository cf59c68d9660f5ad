/**
 * How many values fell into each bin. Bin `i` takes the values in (growth^(i-1), growth^i] and stands for
 * 2·growth^i / (growth + 1), which is off by at most (growth - 1) / (growth + 1) = 2.44 % from any of them. Values of 0 and
 * less lie in `zeroBin` and stand for 0. Two histograms of the same growth merge without loss.
 */
export type Histogram = Map<number, number>;

export const histogramGrowth = 1.05;
const lowestBin = -1_000;
const highestBin = 1_000;
export const zeroBin = lowestBin - 1;
const logOfGrowth = Math.log(histogramGrowth);

export function binOf(value: number): number {
  if (!(value > 0)) return zeroBin;
  return Math.min(highestBin, Math.max(lowestBin, Math.ceil(Math.log(value) / logOfGrowth)));
}

/** Counts `count` more values in a bin. */
export function addToHistogram(histogram: Histogram, bin: number, count = 1): void {
  histogram.set(bin, (histogram.get(bin) ?? 0) + count);
}

export function mergeHistogram(into: Histogram, other: Histogram): void {
  for (const [bin, count] of other) addToHistogram(into, bin, count);
}

/**
 * The value at the nearest rank ceil(share · count), within 2.44 %; null without values.
 * @param bounds smallest and largest value, when known: no percentile lies outside.
 */
export function percentileOf(
  histogram: Histogram,
  share: number,
  bounds: { readonly min: number; readonly max: number } = { min: 0, max: Number.POSITIVE_INFINITY },
): number | null {
  const bins = [...histogram].toSorted(([left], [right]) => left - right);
  const total = bins.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  let remaining = Math.max(1, Math.ceil(share * total));
  for (const [bin, count] of bins) {
    remaining -= count;
    if (remaining <= 0) return Math.min(bounds.max, Math.max(bounds.min, valueOf(bin)));
  }
  return bounds.max;
}

function valueOf(bin: number): number {
  return bin === zeroBin ? 0 : (2 * histogramGrowth ** bin) / (histogramGrowth + 1);
}

/** E.g. `{"143":2,"150":1}`. */
export function formatHistogram(histogram: Histogram): string {
  return JSON.stringify(Object.fromEntries(histogram));
}

/** Text that is no histogram gives null. */
export function parseHistogram(text: string): Histogram | null {
  try {
    const counts = JSON.parse(text) as unknown;
    if (typeof counts !== "object" || counts === null) return null;
    const bins = Object.entries(counts).map(([bin, count]): [number, number] => [Number(bin), Number(count)]);
    return bins.every(([bin, count]) => Number.isInteger(bin) && count >= 0) ? new Map(bins) : null;
  } catch {
    // Not JSON: the caller names the row.
    return null;
  }
}
