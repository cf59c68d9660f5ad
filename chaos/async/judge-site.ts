import { until } from "@tokenhub/testkit";
import { generationCalls } from "../orchestration/generation-calls.ts";
import type { JobClient } from "./job-client.ts";
import { judgeJobCalls, type Trouble } from "./judge-job-calls.ts";
import { judgeJobs } from "./judge-jobs.ts";
import { judgeRecovery } from "./judge-recovery.ts";
import { judgeWebhooks } from "./judge-webhooks.ts";
import type { Account } from "./open-account.ts";
import type { Books } from "./read-books.ts";
import type { Outcome } from "./scoreboard.ts";
import type { AsyncSite } from "./start-async-site.ts";
import { readAgain, type Submitted } from "./submit-jobs.ts";

/** Lost attempts are found, and failed ones made again, within that. */
const settleWithinMs = 180_000;
const emptyWithinMs = 30_000;

/** Waits until nothing is under way any more, reads every job once more and judges what came of the experiment. */
export async function judgeSite({
  site,
  account,
  books,
  client,
  submitted,
  troubles,
  print,
}: {
  readonly site: AsyncSite;
  readonly account: Account;
  readonly books: Books;
  readonly client: JobClient;
  readonly submitted: Submitted;
  readonly troubles: readonly Trouble[];
  readonly print: (line: string) => void;
}): Promise<Omit<Outcome, "selfEnded" | "troubles" | "seconds">> {
  await untilQuiet(books, print);
  const { submissions, reads } = submitted;
  const secondReads = await readAgain(client, [...reads.keys()]);
  const facts = await books.jobs();
  return {
    jobs: judgeJobs({ submissions, jobs: facts, firstReads: reads, secondReads }),
    calls: judgeJobCalls({ seen: generationCalls(site.mock), jobs: facts, troubles }),
    recovery: judgeRecovery({ troubles, jobs: facts }),
    webhooks: judgeWebhooks({ deliveries: site.receiver.seen, jobs: facts }),
    failedDeliveries: await books.failedDeliveries(),
    reservedNanoUsd: await books.reservedNanoUsd(account.keyId),
    queued: await books.queued(),
  };
}

/** What does not end is found by the judge, and named there. */
async function untilQuiet(books: Books, print: (line: string) => void): Promise<void> {
  let last = "";
  await until(
    "every job to end and every webhook to be delivered",
    async () => {
      const { jobs, deliveries } = await books.open();
      last = `${jobs} jobs and ${deliveries} deliveries are open`;
      return jobs + deliveries === 0;
    },
    settleWithinMs,
  ).catch((error: unknown) => print(`  NOT QUIET: ${String(error)}; ${last}`));
  await until("the queues to be empty", async () => (await books.queued()) === 0, emptyWithinMs).catch(
    (error: unknown) => print(`  NOT EMPTY: ${String(error)}`),
  );
}
