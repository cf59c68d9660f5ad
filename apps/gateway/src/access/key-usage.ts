import { setImmediate as nextTurn } from "node:timers/promises";

/** Remembers when keys were used and writes it down from time to time. */
export interface KeyUsage extends AsyncDisposable {
  note(keyId: string): void;
}

export interface KeyUsageOptions {
  readonly touch: (usedAtMs: ReadonlyMap<string, number>) => Promise<void>;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** Default: a minute, so that a key is written at most that often. */
  readonly writeIntervalMs?: number;
}

/** Rows of one transaction: SQLite writes on the thread that serves requests. */
const keysPerWrite = 200;
const defaultWriteIntervalMs = 60_000;

/** Collects in memory, writes in batches; disposing writes what is left. What a crash loses is a minute of `last_used_at`. */
export function createKeyUsage(options: KeyUsageOptions): KeyUsage {
  const { touch, now, onError, writeIntervalMs = defaultWriteIntervalMs } = options;
  let usedAtMs = new Map<string, number>();
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const uses = [...usedAtMs];
    usedAtMs = new Map();
    for (let start = 0; start < uses.length; start += keysPerWrite) {
      if (start > 0) await nextTurn();
      await touch(new Map(uses.slice(start, start + keysPerWrite)));
    }
  }
  const writeNow = (): Promise<void> => (writing = writing.then(write).catch(onError));

  const timer = setInterval(() => void writeNow(), writeIntervalMs);
  timer.unref();
  return {
    note(keyId) {
      usedAtMs.set(keyId, now());
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await writeNow();
    },
  };
}
