export interface LineLimiterOptions {
  /** Lines that may be written within a minute. */
  readonly perMinute: number;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface LineLimiter {
  /** Calls `write` with the number of lines left out since the last one that was written, or leaves this one out too. */
  line(write: (suppressed: number) => void): void;
}

const minuteMs = 60_000;

/** Bounds how often somebody else, by what he sends, can make us write a log line, so that a flood fills no disk. */
export function createLineLimiter({ perMinute, now }: LineLimiterOptions): LineLimiter {
  let windowEndsAtMs = 0;
  let written = 0;
  let suppressed = 0;
  return {
    line(write) {
      const nowMs = now();
      if (nowMs >= windowEndsAtMs) {
        windowEndsAtMs = nowMs + minuteMs;
        written = 0;
      }
      if (written >= perMinute) {
        suppressed += 1;
        return;
      }
      written += 1;
      const left = suppressed;
      suppressed = 0;
      write(left);
    },
  };
}
