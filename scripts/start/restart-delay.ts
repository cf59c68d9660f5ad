export interface RestartPolicy {
  readonly firstMs: number;
  readonly mostMs: number;
  /** A process that ran this long starts over with `firstMs`. */
  readonly calmAfterMs: number;
}

export const restartPolicy: RestartPolicy = { firstMs: 250, mostMs: 10_000, calmAfterMs: 30_000 };

/**
 * How long to wait before a crashed process is started again: 250 ms, 500 ms, 1 s, 2 s, 4 s, 8 s, then always 10 s.
 * @param failures crashes in a row before this one, each after a short run.
 */
export function restartDelayMs(failures: number, { firstMs, mostMs }: RestartPolicy = restartPolicy): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures, 30));
}
