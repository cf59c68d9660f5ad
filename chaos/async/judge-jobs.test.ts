import { describe, expect, test } from "vitest";
import type { JobFacts } from "./job-facts.ts";
import { judgeJobs, type ReadJob, type Submission } from "./judge-jobs.ts";

const submitted = (number: number, more: Partial<Submission> = {}): Submission => ({
  number,
  jobIds: [`job_${number}`],
  unheard: 0,
  isCancelled: false,
  ...more,
});
const job = (number: number, more: Partial<JobFacts> = {}): JobFacts => ({
  id: `job_${number}`,
  number,
  state: "succeeded",
  isStream: false,
  errorCode: null,
  errorMessage: null,
  finishedAtMs: 1,
  webhookPath: null,
  ...more,
});
const read = (number: number, text = `Mock answer from up-first: chaos job ${number}.`): ReadJob => ({
  id: `job_${number}`,
  status: "succeeded",
  result: { status_code: 200, body: { choices: [{ message: { content: text } }] } },
});
const readsOf = (...reads: ReadJob[]) => new Map(reads.map((one) => [one.id, one]));
function judge(
  submissions: Submission[],
  jobs: JobFacts[],
  reads = readsOf(...jobs.map(({ number }) => read(number ?? 0))),
) {
  return judgeJobs({ submissions, jobs, firstReads: reads, secondReads: reads });
}

describe("judgeJobs", () => {
  test("what was accepted, has ended and reads as its answer twice is no fault", () => {
    expect(judge([submitted(1), submitted(2)], [job(1), job(2)])).toEqual({
      accepted: 2,
      unheard: 0,
      unheardJobs: 0,
      byState: { succeeded: 2 },
      lost: [],
      spoiled: [],
      brokenStreams: [],
      doubled: [],
      wrongAnswers: [],
      unstable: [],
    });
  });

  test("an accepted job that is not there, or has not ended, is lost", () => {
    const verdict = judge([submitted(1), submitted(2)], [job(2, { state: "running", finishedAtMs: null })]);
    expect(verdict.lost).toEqual(["job_1: not there", "job_2: running"]);
  });

  test("a job that was sent without an answer may be there once; twice is one too many", () => {
    const unheard = submitted(1, { jobIds: [], unheard: 1 });
    expect(judge([unheard], [job(1)])).toMatchObject({
      accepted: 0,
      unheard: 1,
      unheardJobs: 1,
      doubled: [],
    });
    expect(judge([unheard], [job(1), job(1, { id: "job_11" })]).doubled).toEqual(["1: 2 jobs"]);
    expect(judge([submitted(1)], [job(1), job(1, { id: "job_11" })]).doubled).toEqual(["1: 2 jobs"]);
  });

  test("two ids under one key are two jobs", () => {
    const both = submitted(1, { jobIds: ["job_1", "job_11"] });
    expect(judge([both], [job(1)]).doubled).toEqual(["1: 1 jobs"]);
  });

  test("failures are faults, and so are cancellations that nobody asked for", () => {
    const jobs = [1, 2, 3].map((number) => job(number, { state: number === 1 ? "failed" : "cancelled" }));
    const verdict = judge([submitted(1), submitted(2), submitted(3, { isCancelled: true })], jobs);
    expect(verdict.spoiled).toHaveLength(2);
    expect(verdict.byState).toEqual({ failed: 1, cancelled: 2 });
  });

  test("a stream that was interrupted has ended as it should; anything else that was interrupted has not", () => {
    const failed = { state: "failed", errorCode: "stream_interrupted" } as const;
    const jobs = [job(1, { ...failed, isStream: true }), job(2, failed)];
    const verdict = judge([submitted(1), submitted(2)], jobs);
    expect(verdict.brokenStreams).toEqual(["job_1"]);
    expect(verdict.spoiled).toHaveLength(1);
  });

  test("the answer to another job's question is wrong, and so is none", () => {
    const reads = readsOf({ ...read(2), id: "job_1" }, { ...read(2), result: null });
    expect(judge([submitted(1), submitted(2)], [job(1), job(2)], reads).wrongAnswers).toHaveLength(2);
  });

  test("a stream's answer is its text", () => {
    const pieces = ["Mock answer from up-first:", " chaos job 1."].map(
      (content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`,
    );
    const result = { status_code: 200, body: `${pieces.join("")}data: [DONE]\n\n` };
    expect(judge([submitted(1)], [job(1)], readsOf({ ...read(1), result })).wrongAnswers).toEqual([]);
  });

  test("an answer that changes between two reads is named", () => {
    const verdict = judgeJobs({
      submissions: [submitted(1)],
      jobs: [job(1)],
      firstReads: readsOf(read(1)),
      secondReads: readsOf(read(1, "another")),
    });
    expect(verdict.unstable).toEqual(["job_1"]);
  });
});
