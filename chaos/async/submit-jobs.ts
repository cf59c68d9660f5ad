import type { JobClient } from "./job-client.ts";
import type { ReadJob, Submission } from "./judge-jobs.ts";
import type { JobPlan } from "./plan-job.ts";

const submitters = 16;
const readers = 24;
/** Jobs that were accepted and not read yet: beyond that clients wait. */
const mostOutstanding = 300;
const endWithinMs = 120_000;

export interface Submitted {
  readonly submissions: readonly Submission[];
  /** By job id, as it was when it had ended. */
  readonly reads: ReadonlyMap<string, ReadJob | null>;
}

/** Submits all jobs, some clients at a time, and reads each of them once when it has ended. */
export async function submitJobs({
  client,
  plans,
  onSubmitted,
}: {
  readonly client: JobClient;
  readonly plans: readonly JobPlan[];
  /** Told how many have been submitted; the next ones wait for it. */
  readonly onSubmitted: (count: number) => Promise<void>;
}): Promise<Submitted> {
  const submissions: Submission[] = [];
  const reads = new Map<string, ReadJob | null>();
  const unread: string[] = [];
  let next = 0;
  let outstanding = 0;
  let isSubmitting = true;
  let wake = Promise.withResolvers<void>();
  const changed = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };

  async function submitting(): Promise<void> {
    while (next < plans.length) {
      while (outstanding >= mostOutstanding) await wake.promise;
      const plan = plans[next++];
      if (plan === undefined) return;
      await onSubmitted(next);
      const submission = await client.submit(plan);
      submissions.push(submission);
      if (plan.isCancelled) await Promise.all(submission.jobIds.map((id) => client.cancel(id)));
      outstanding += submission.jobIds.length;
      unread.push(...submission.jobIds);
      changed();
    }
  }

  async function reading(): Promise<void> {
    for (;;) {
      const jobId = unread.shift();
      if (jobId !== undefined) {
        reads.set(jobId, await endOf(client, jobId));
        outstanding -= 1;
        changed();
      } else if (isSubmitting) await wake.promise;
      else return;
    }
  }

  const underWay = Array.from({ length: readers }, reading);
  await Promise.all(Array.from({ length: submitters }, submitting));
  isSubmitting = false;
  changed();
  await Promise.all(underWay);
  return { submissions, reads };
}

/** Reads jobs once more. */
export async function readAgain(
  client: JobClient,
  jobIds: readonly string[],
): Promise<Map<string, ReadJob | null>> {
  const reads = new Map<string, ReadJob | null>();
  const left = [...jobIds];
  const reading = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) reads.set(id, await endOf(client, id));
  };
  await Promise.all(Array.from({ length: readers }, reading));
  return reads;
}

/** Null: there is none, or it does not end; the judge finds out which. */
function endOf(client: JobClient, jobId: string): Promise<ReadJob | null> {
  return client.untilEnded(jobId, endWithinMs).catch(() => null);
}
