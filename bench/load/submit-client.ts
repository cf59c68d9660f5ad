import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { SubmitPlan, SubmitResult } from "./submit-load.ts";

type Reply =
  | { readonly kind: "result"; readonly result: SubmitResult }
  | { readonly kind: "failure"; readonly message: string };

/** Runs one load of submissions in a process of its own. @throws Error when it fails. */
export async function submitLoad(plan: SubmitPlan, signal: AbortSignal): Promise<SubmitResult> {
  const entry = fileURLToPath(new URL("../submit-generator.ts", import.meta.url));
  const child = fork(entry, { serialization: "advanced", signal, killSignal: "SIGKILL" });
  // A signal that is aborted is an error event too; what counts is that the process is gone.
  child.on("error", () => undefined);
  const exited = once(child, "exit").then(() => null);
  const answered = once(child, "message").then(([message]: Reply[]) => message ?? null);
  child.send(plan);
  const reply = await Promise.race([answered, exited]);
  child.disconnect();
  if (reply?.kind === "result") return reply.result;
  throw new Error(`The generator of submissions failed: ${reply?.message ?? "it ended"}.`);
}
