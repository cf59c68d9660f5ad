import { openSync, closeSync } from "node:fs";

/** Whether the terminal this process was started from is gone, which is when a shell's SIGHUP means "end", not "reload". */
export function isTerminalGone(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return false;
  } catch {
    // ENXIO: there is no controlling terminal any more.
    return true;
  }
}

/**
 * Calls back when the process that started this one is killed: npm (seen by the changed parent id), or a start on an older
 * Node (seen by its closed channel). Without this, a killed npm would leave TokenHub running.
 */
export function onParentDeath(callback: () => void): void {
  if (process.channel !== undefined) {
    process.once("disconnect", callback);
    process.channel.unref();
  }
  if (process.env["npm_lifecycle_event"] === undefined || process.platform === "win32") return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 500).unref();
}
