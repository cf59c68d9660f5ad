// The load generator, in a process of its own so that its processor time is nobody else's; `bench/run.ts` forks it.
import type { LoadPlan } from "./load/load-plan.ts";
import { runLoad } from "./load/run-load.ts";

let sequence = 100_000;

process.on("message", (plan: LoadPlan) => {
  runLoad(plan, { nextSequence: () => sequence++ }).then(
    (result) => process.send?.({ kind: "result", result }),
    (error: unknown) => process.send?.({ kind: "failure", message: String(error) }),
  );
});
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));
