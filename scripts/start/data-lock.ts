import {
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
  closeSync,
} from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { identifyProcess, isStillRunning, type ProcessIdentity } from "./process-identity.ts";
import { StartError } from "./start-error.ts";

interface LockRecord {
  readonly hostname: string;
  /** The supervisor. */
  readonly owner: ProcessIdentity;
  /** The watchdog, which outlives a killed supervisor until everything is stopped. */
  readonly watchdog: ProcessIdentity | null;
  /** Where the gateway answers; null until it is known. */
  readonly url: string | null;
}

export interface DataLock {
  /** Writes down more about this TokenHub, for whoever finds the lock. */
  update(change: { readonly watchdogPid?: number; readonly url?: string }): void;
  release(): void;
}

export interface AcquireDataLockOptions {
  readonly say: (line: string) => void;
  /** How long to wait for a TokenHub that is just stopping. */
  readonly patienceMs?: number;
  /** The holder refreshes its lock this often, for readers on another host (or container) that cannot see its process. */
  readonly heartbeatMs?: number;
}

/**
 * Makes this process the only TokenHub that uses a data folder: two would write one queue log and one database. A lock that
 * a dead process left behind is taken over.
 * @throws StartError when the folder is in use.
 */
export async function acquireDataLock(
  dataFolder: string,
  options: AcquireDataLockOptions,
): Promise<DataLock> {
  const file = path.join(dataFolder, "tokenhub.lock");
  const { heartbeatMs = 2_000 } = options;
  let record: LockRecord = {
    hostname: hostname(),
    owner: identifyProcess(process.pid),
    watchdog: null,
    url: null,
  };
  while (!tryCreate(file, record)) await waitUntilStale(file, { ...options, heartbeatMs });
  const timer = setInterval(() => touch(file), heartbeatMs).unref();
  return {
    update({ watchdogPid, url }) {
      record = {
        ...record,
        watchdog: watchdogPid === undefined ? record.watchdog : identifyProcess(watchdogPid),
        url: url ?? record.url,
      };
      writeFileSync(file, JSON.stringify(record));
    },
    release() {
      clearInterval(timer);
      rmSync(file, { force: true });
    },
  };
}

function tryCreate(file: string, record: LockRecord): boolean {
  try {
    const handle = openSync(file, "wx", 0o600);
    writeSync(handle, JSON.stringify(record));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, "code") === "EEXIST") return false;
    throw error;
  }
}

/** Returns once the lock is gone or has been removed as stale. */
async function waitUntilStale(
  file: string,
  options: Required<Pick<AcquireDataLockOptions, "heartbeatMs">> & AcquireDataLockOptions,
) {
  const { say, patienceMs = 8_000, heartbeatMs } = options;
  const record = readLock(file);
  if (record === null || !(await isHeld(file, { record, say, patienceMs, heartbeatMs })))
    rmSync(file, { force: true });
}

interface IsHeldOptions {
  readonly record: LockRecord;
  readonly say: (line: string) => void;
  readonly patienceMs: number;
  readonly heartbeatMs: number;
}

async function isHeld(
  file: string,
  { record, say, patienceMs, heartbeatMs }: IsHeldOptions,
): Promise<boolean> {
  const folder = path.dirname(file);
  if (record.hostname !== hostname()) {
    say(`checking whether the TokenHub of ${record.hostname} still uses ${folder} ...`);
    if (!(await isTouched(file, heartbeatMs * 3))) return false;
    throw new StartError(
      `Another TokenHub, on ${record.hostname}, uses the data folder ${folder}: stop it, or set TOKENHUB_DATA_DIR to another folder.`,
    );
  }
  if (record.owner.pid !== process.pid && isStillRunning(record.owner)) {
    const where = record.url === null ? "" : ` at ${record.url}`;
    throw new StartError(
      `TokenHub already runs${where} (process ${record.owner.pid}) with the data folder ${folder}: stop it first, or set TOKENHUB_DATA_DIR to another folder.`,
    );
  }
  const { watchdog } = record;
  if (watchdog === null || !isStillRunning(watchdog)) return false;
  say("waiting for the previous TokenHub to finish stopping ...");
  const deadline = Date.now() + patienceMs;
  while (isStillRunning(watchdog)) {
    if (Date.now() > deadline) {
      throw new StartError(
        `The previous TokenHub is still stopping (process ${watchdog.pid}) in the data folder ${folder}: start again when it is gone.`,
      );
    }
    await delay(25);
  }
  return false;
}

/** Whether somebody refreshes the file within the given time. */
async function isTouched(file: string, withinMs: number): Promise<boolean> {
  const modified = (): number | null => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
  const before = modified();
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    await delay(Math.min(100, withinMs / 10));
    const now = modified();
    if (now === null) return false;
    if (now !== before) return true;
  }
  return false;
}

function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // The data folder was removed under a running TokenHub; its services report that, the lock has nothing to add.
  }
}

/** The lock of a data folder; null when there is none or it is damaged. */
export function readLock(file: string): LockRecord | null {
  try {
    const value: LockRecord = JSON.parse(readFileSync(file, "utf8"));
    return typeof value.owner?.pid === "number" ? value : null;
  } catch {
    // Missing, or cut off while being written by a process that died: nobody holds it.
    return null;
  }
}
