import type { AsyncJobState } from "@tokenhub/contracts";
import { questionOf } from "./plan-job.ts";
import { textOfAnswer } from "./text-of-answer.ts";
import type { JobFacts } from "./job-facts.ts";

/** What became of one submission, as its client knows it. */
export interface Submission {
  readonly number: number;
  /** Of every answer that said it was accepted; a second id is a second job. */
  readonly jobIds: readonly string[];
  /** How many times it was sent with no answer, so that nobody knows what became of that. */
  readonly unheard: number;
  readonly isCancelled: boolean;
}

/** A job as its client read it. */
export interface ReadJob {
  readonly id: string;
  readonly status: AsyncJobState;
  readonly result: { readonly status_code: number; readonly body?: unknown } | null;
}

export interface JobVerdict {
  /** Submissions that were told 202. */
  readonly accepted: number;
  /** Sent without an answer: not accepted, as far as their clients know. */
  readonly unheard: number;
  /** Of these, those that were in the database. */
  readonly unheardJobs: number;
  readonly byState: Readonly<Record<string, number>>;
  /** Accepted, and not in the database, or not ended. */
  readonly lost: readonly string[];
  /** Jobs that failed or expired, or were cancelled by nobody. */
  readonly spoiled: readonly string[];
  /** Streams whose caller died after their first token: these end, and are not begun again. */
  readonly brokenStreams: readonly string[];
  /** Two jobs for one submission. */
  readonly doubled: readonly string[];
  /** Its answer is not what the provider answers to its question. */
  readonly wrongAnswers: readonly string[];
  /** Read twice, with different answers. */
  readonly unstable: readonly string[];
}

const finalStates = new Set<AsyncJobState | "not there">(["succeeded", "failed", "cancelled", "expired"]);

/** Holds what clients were told against what the database has and what they read. */
export function judgeJobs({
  submissions,
  jobs,
  firstReads,
  secondReads,
}: {
  readonly submissions: readonly Submission[];
  readonly jobs: readonly JobFacts[];
  readonly firstReads: ReadonlyMap<string, ReadJob | null>;
  readonly secondReads: ReadonlyMap<string, ReadJob | null>;
}): JobVerdict {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const byNumber = Map.groupBy(jobs, ({ number }) => number);
  const cancelled = new Set(submissions.flatMap((one) => (one.isCancelled ? [one.number] : [])));
  const acceptedIds = submissions.flatMap(({ jobIds }) => jobIds);
  const known = new Set(acceptedIds);
  const states = Object.entries(Object.groupBy(jobs, ({ state }) => state));
  return {
    accepted: submissions.filter(({ jobIds }) => jobIds.length > 0).length,
    unheard: submissions.reduce((sum, { unheard }) => sum + unheard, 0),
    unheardJobs: jobs.filter(({ id }) => !known.has(id)).length,
    byState: Object.fromEntries(states.map(([state, those]) => [state, those.length])),
    lost: [...known].flatMap((id) => {
      const state = byId.get(id)?.state ?? "not there";
      return finalStates.has(state) ? [] : [`${id}: ${state}`];
    }),
    spoiled: jobs.flatMap((job) => {
      const isExpected =
        job.state === "succeeded" ||
        isBrokenStream(job) ||
        (job.state === "cancelled" && cancelled.has(job.number ?? -1));
      const { id, number, state, errorCode, errorMessage } = job;
      return isExpected ? [] : [`${id} (${number}) ${state} ${errorCode ?? ""}: ${errorMessage ?? ""}`];
    }),
    brokenStreams: jobs.filter(isBrokenStream).map(({ id }) => id),
    doubled: submissions.flatMap(({ number, jobIds, unheard }) => {
      const made = byNumber.get(number)?.length ?? 0;
      const may = new Set(jobIds).size === 0 ? unheard : 1 + unheard;
      return made > may || new Set(jobIds).size > 1 ? [`${number}: ${made} jobs`] : [];
    }),
    wrongAnswers: [...firstReads.values()].flatMap((read) => {
      if (read === null || read.status !== "succeeded") return [];
      const number = byId.get(read.id)?.number ?? null;
      const text = textOfAnswer(read.result?.body);
      return isAnswerTo(number, text) ? [] : [`${read.id} (${number}): ${text ?? "no text"}`];
    }),
    unstable: acceptedIds.filter(
      (id) => JSON.stringify(firstReads.get(id)) !== JSON.stringify(secondReads.get(id)),
    ),
  };
}

function isBrokenStream({ isStream, state, errorCode }: JobFacts): boolean {
  return isStream && state === "failed" && errorCode === "stream_interrupted";
}

/** The mock names its model and repeats the question. */
function isAnswerTo(number: number | null, text: string | null): boolean {
  if (number === null || text === null) return false;
  return /^Mock answer from up-[a-z]+: /.test(text) && text.endsWith(`: ${questionOf(number)}`);
}
