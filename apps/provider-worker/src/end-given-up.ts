import type { CallJob } from "@tokenhub/contracts";
import { failureOf } from "./call-failures.ts";
import type { CallDeps } from "./call-deps.ts";
import { commitEnding } from "./end-request.ts";

/** The job's last holder may have died with its lease; after this many leases somebody else has ended the request. */
const leasesToOutwait = 3;

/**
 * Ends a request whose job the queue has given up, so that its caller is told at once instead of at the deadline. Calls
 * that were under way may have been paid, which the ledger has recorded when it gave the request away.
 */
export async function endGivenUp(deps: CallDeps, job: CallJob): Promise<void> {
  const failure = failureOf("given_up", job);
  for (let waited = 0; waited <= leasesToOutwait; waited += 1) {
    if (await commitEnding(deps, { job, token: "", failure, attempts: job.attempts })) return;
    await deps.sleep(deps.leaseMs);
  }
}
