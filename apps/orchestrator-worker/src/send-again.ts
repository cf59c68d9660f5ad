import type { RunCall } from "@tokenhub/contracts";
import { outstandingCalls } from "@tokenhub/orchestration";
import type { LoadedRun } from "./loaded-run.ts";
import type { RunDeps } from "./run-deps.ts";
import { prepareCall, sendCalls } from "./send-calls.ts";

export interface SendAgainOptions {
  readonly traceparent: string | null;
  /** Whether the run is looked at because nothing was heard of it for a while. */
  readonly isReminder: boolean;
}

/**
 * Sends the calls that were saved and, as their worker died, perhaps never sent. Of a call that was sent there is its body
 * until it ends and, from its claim on, its row in the ledger; so a call with neither was not sent. One with a body that
 * nobody claims waits in a queue, or lost its job: it is sent again when nothing was heard for long.
 */
export async function sendAgain(
  deps: RunDeps,
  run: LoadedRun,
  { traceparent, isReminder }: SendAgainOptions,
): Promise<void> {
  const unclaimed = await Promise.all(
    outstandingCalls(run.state).map(async (call) =>
      (await isWanting(deps, { call, isReminder })) ? [call] : [],
    ),
  );
  const calls = unclaimed.flat().map((call) => prepareCall(run, call, { traceparent }));
  if (calls.length === 0) return;
  await sendCalls(deps, calls);
  deps.events.sentAgain(
    run.input,
    calls.map(({ job }) => job.requestId),
  );
}

async function isWanting(
  { redis, keyspace, now, repairAfterMs }: RunDeps,
  { call, isReminder }: { readonly call: RunCall; readonly isReminder: boolean },
): Promise<boolean> {
  const { requestId, startedAtMs } = call;
  const [rows, bodies] = await Promise.all([
    redis.exists(keyspace.callRow(requestId), keyspace.result(requestId)),
    redis.exists(keyspace.requestBody(requestId)),
  ]);
  if (rows > 0) return false;
  return bodies === 0 || (isReminder && now() - startedAtMs >= repairAfterMs);
}
