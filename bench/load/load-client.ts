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

/** Starts the load generator. */
export function startLoadClient(): LoadClient {
  const entry = fileURLToPath(new URL("../load-generator.ts", import.meta.url));
  // `advanced` keeps NaN, which JSON turns into null.
  const child = fork(entry, { serialization: "advanced" });
  const exited = once(child, "exit");
  return {
    async run(plan) {
      const answered = once(child, "message");
      child.send(plan);
      const reply = await Promise.race([
        answered.then(([message]: Reply[]) => message),
        exited.then(() => null),
      ]);
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
