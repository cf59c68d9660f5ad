// The generator of submissions, in a process of its own so that its processor time is nobody else's; `bench/async.ts` forks it.
import { runSubmitLoad, type SubmitPlan } from "./load/submit-load.ts";

process.on("message", (plan: SubmitPlan) => {
  runSubmitLoad(plan).then(
    (result) => process.send?.({ kind: "result", result }),
    (error: unknown) => process.send?.({ kind: "failure", message: String(error) }),
  );
});
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));
