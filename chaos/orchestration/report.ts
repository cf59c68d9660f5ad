import type { CallVerdict } from "./judge-calls.ts";
import type { SeenRun } from "./run-clients.ts";

/** Prints what came of the experiment, each extra call by name; false when it shows a fault. */
export function describeVerdict({
  verdict,
  runs,
  print,
}: {
  readonly verdict: CallVerdict;
  readonly runs: readonly SeenRun[];
  readonly print: (line: string) => void;
}): boolean {
  const { calls, needed, extras, repeatsAfterCommit, strangers } = verdict;
  const unexplained = extras.filter(({ cause }) => cause === null);
  const unfinished = runs.filter(({ status }) => status !== "succeeded");
  for (const { runId, callId, requestId, cause } of extras)
    print(`  extra call: ${runId} ${callId} (${requestId}), in flight at: ${cause ?? "NOTHING KNOWN"}`);
  for (const { runId, callId } of repeatsAfterCommit)
    print(`  REPEATED AFTER ITS RESULT: ${runId} ${callId}`);
  for (const { requestId } of strangers) print(`  CALL OF NO RUN: ${requestId}`);
  for (const { id, mode, status, error } of unfinished)
    print(`  NOT SUCCEEDED: ${id} (${mode}) ${status} ${error?.code ?? ""} ${error?.message ?? ""}`);
  print(
    `${runs.length - unfinished.length} of ${runs.length} runs succeeded; ${calls} calls at the provider, ${needed} results, ` +
      `${extras.length} extra (${unexplained.length} unexplained), ${repeatsAfterCommit.length} repeats after commit`,
  );
  return [unexplained, repeatsAfterCommit, strangers, unfinished].every(({ length }) => length === 0);
}
