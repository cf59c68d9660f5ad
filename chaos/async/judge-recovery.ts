/** How long after a trouble began the next job ended, in milliseconds: the median and the longest of all. */
export interface Recovery {
  readonly medianMs: number;
  readonly longestMs: number;
}

/** Troubles after which no job was left to end tell nothing; null when that is all of them. */
export function judgeRecovery({
  troubles,
  jobs,
}: {
  readonly troubles: readonly { readonly fromMs: number }[];
  readonly jobs: readonly { readonly finishedAtMs: number | null }[];
}): Recovery | null {
  const ends = jobs.flatMap(({ finishedAtMs }) => finishedAtMs ?? []).toSorted((left, right) => left - right);
  const waits = troubles
    .flatMap(({ fromMs }) => {
      const next = ends.find((end) => end >= fromMs);
      return next === undefined ? [] : [next - fromMs];
    })
    .toSorted((left, right) => left - right);
  const medianMs = waits[Math.floor(waits.length / 2)];
  const longestMs = waits.at(-1);
  return medianMs === undefined || longestMs === undefined ? null : { medianMs, longestMs };
}
