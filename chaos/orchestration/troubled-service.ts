import { startServiceProcess, type ServiceProcess } from "@tokenhub/testkit";
import { setTimeout as sleep } from "node:timers/promises";
import type { Disruption } from "./judge-calls.ts";

/** A service of which one process is replaced whenever it is killed. */
export interface TroubledService extends AsyncDisposable {
  readonly name: string;
  readonly kills: number;
  /** Everything that its processes have written, the killed ones too. */
  output(): string;
  /** SIGKILL, and a new process in its place. */
  kill(): Promise<void>;
  /** SIGSTOP for a while: longer than a lock, and the process wakes as one that others have replaced. */
  pause(durationMs: number): Promise<void>;
}

export interface TroubledServiceOptions {
  readonly app: string;
  readonly name: string;
  readonly env: Record<string, string>;
  readonly onDisruption: (disruption: Disruption) => void;
  /** Told of a process that ended although nobody killed it, with what it wrote. */
  readonly onSelfEnded?: (ended: { readonly name: string; readonly output: string }) => void;
}

/** Starts `apps/<app>` and keeps it alive through its own deaths. */
export async function startTroubledService({
  app,
  name,
  env,
  onDisruption,
  onSelfEnded,
}: TroubledServiceOptions): Promise<TroubledService> {
  const start = async (): Promise<ServiceProcess> => {
    const started = await startServiceProcess(app, env);
    void started.ended.then(() => {
      if (!doomed.has(started)) onSelfEnded?.({ name, output: started.output() });
    });
    return started;
  };
  const doomed = new Set<ServiceProcess>();
  let current = await start();
  let kills = 0;
  let written = "";
  let busy: Promise<void> = Promise.resolve();
  /** One thing at a time is done to a process. */
  const inTurn = (work: () => Promise<void>): Promise<void> => (busy = busy.then(work));

  return {
    name,
    get kills() {
      return kills;
    },
    output: () => written + current.output(),
    kill: () =>
      inTurn(async () => {
        const atMs = Date.now();
        const { pid } = current;
        doomed.add(current);
        await current.kill();
        written += current.output();
        kills += 1;
        onDisruption({ what: `${name} (pid ${pid}) killed`, fromMs: atMs, untilMs: Date.now() });
        current = await start();
      }),
    pause: (durationMs) =>
      inTurn(async () => {
        const { pid } = current;
        const fromMs = Date.now();
        process.kill(pid, "SIGSTOP");
        await sleep(durationMs);
        process.kill(pid, "SIGCONT");
        onDisruption({
          what: `${name} (pid ${pid}) paused for ${durationMs} ms`,
          fromMs,
          untilMs: Date.now(),
        });
      }),
    async [Symbol.asyncDispose]() {
      await busy.catch(() => undefined);
      doomed.add(current);
      await current[Symbol.asyncDispose]();
    },
  };
}
