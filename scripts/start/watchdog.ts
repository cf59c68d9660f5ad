import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** In which of its two steps the watchdog stops a process. */
export type WatchedKind = "service" | "store";

export interface Watchdog {
  watch(pid: number, kind: WatchedKind): void;
  forget(pid: number): void;
  /** Ends the watchdog; everything has been stopped. */
  quit(): void;
}

/**
 * Starts a tiny shell process that stops all watched processes when this one dies without doing so, SIGKILL included.
 * It lives in a session of its own, so that neither Ctrl-C nor a kill of the process group reaches it, and is started again
 * when somebody ends it. Windows has none.
 * @param onStart told the process id of each watchdog that is started.
 */
export function startWatchdog({ onStart }: { onStart: (pid: number) => void }): Watchdog {
  if (process.platform === "win32") return { watch: doNothing, forget: doNothing, quit: doNothing };
  const watched = new Map<number, WatchedKind>();
  let isQuitting = false;
  let child = launch();

  function launch(): ChildProcess {
    const script = fileURLToPath(new URL("watchdog.sh", import.meta.url));
    const started = spawn("/bin/sh", [script], {
      detached: true,
      cwd: "/",
      stdio: ["pipe", "ignore", "ignore"],
    });
    // A write to a watchdog that has just died fails; its exit is handled below.
    started.stdin?.on("error", doNothing);
    started.once("error", doNothing);
    started.once("exit", () => {
      if (isQuitting) return;
      child = launch();
      for (const [pid, kind] of watched) tell(`${kind} ${pid}`);
    });
    started.unref();
    if (started.pid !== undefined) onStart(started.pid);
    return started;
  }
  const tell = (line: string): void => void child.stdin?.write(`${line}\n`);

  return {
    watch(pid, kind) {
      watched.set(pid, kind);
      tell(`${kind} ${pid}`);
    },
    forget(pid) {
      watched.delete(pid);
      tell(`gone ${pid}`);
    },
    quit() {
      isQuitting = true;
      child.stdin?.end("quit\n");
    },
  };
}

function doNothing(): void {}
