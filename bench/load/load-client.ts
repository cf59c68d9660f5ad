import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LoadPlan, LoadResult } from "./load-plan.ts";

/** The load generator's process. */
export interface LoadClient extends AsyncDisposable {
  /** One run at a time. @throws Error when the process dies. */
  run(plan: LoadPlan): Promise<LoadResult>;
}

type Reply =
  | { readonly kind: "result"; readonly result: LoadResult }
  | { readonly kind: "failure"; readonly message: string };

/** Starts the load generator; aborting the signal kills it. */
export function startLoadClient({ signal }: { readonly signal: AbortSignal }): LoadClient {
  const entry = fileURLToPath(new URL("../load-generator.ts", import.meta.url));
  // `advanced` keeps NaN, which JSON turns into null.
  const child = fork(entry, { serialization: "advanced", signal, killSignal: "SIGKILL" });
  // A signal that is aborted is an error event too; what counts is that the process is gone.
  child.on("error", () => undefined);
  const exited = new Promise<null>((resolve) => child.once("exit", () => resolve(null)));
  return {
    async run(plan) {
      const answered = once(child, "message");
      child.send(plan);
      const reply = await Promise.race([answered.then(([message]: Reply[]) => message), exited]);
      if (reply?.kind === "result") return reply.result;
      throw new Error(`The load generator failed: ${reply?.message ?? "it ended"}.`);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await exited;
    },
  };
}
