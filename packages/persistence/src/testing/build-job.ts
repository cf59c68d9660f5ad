import type { JobEnding } from "../jobs/job-ending.ts";
import type { NewJob } from "../jobs/new-job.ts";

const baseMs = 1_795_000_000_000;
const hourMs = 3_600_000;

/** A job id of the right form for a number. */
export function jobIdOf(number: number): string {
  return `job_${hexOf(number)}`;
}

/** A job that may begin at once; `number` makes its ids and its time. */
export function buildJob(number: number, job: Partial<NewJob> = {}): NewJob {
  const createdAtMs = baseMs + number;
  return {
    id: jobIdOf(number),
    requestId: `req_${hexOf(number)}`,
    tenantId: "tenant-a",
    projectId: "prj_search",
    keyId: "key_one",
    origin: "jobs_api",
    endpoint: "/v1/chat/completions",
    lane: "background",
    priority: 0,
    isStream: false,
    requestedModel: "gpt-4",
    headers: { "content-type": "application/json" },
    bodyText: JSON.stringify({ model: "gpt-4", messages: [{ role: "user", content: `question ${number}` }] }),
    metadata: null,
    tags: null,
    webhook: null,
    createdAtMs,
    notBeforeMs: null,
    deadlineAtMs: createdAtMs + hourMs,
    reservedUsd: 0.002,
    ...job,
  };
}

/** How the first attempt of a job answered it: 10 tokens in, 20 out, for a tenth of a cent. */
export function buildEnding(number: number, ending: Partial<JobEnding> = {}): JobEnding {
  const finishedAtMs = baseMs + 100_000 + number;
  return {
    jobId: jobIdOf(number),
    attempt: 1,
    state: "succeeded",
    finishedAtMs,
    expiresAtMs: finishedAtMs + 24 * hourMs,
    answer: {
      statusCode: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ answer: number }),
    },
    errorCode: null,
    errorClass: null,
    errorMessage: null,
    modelId: "gpt-4",
    providerId: "openai",
    costUsd: 0.001,
    inputTokens: 10,
    outputTokens: 20,
    isDeadLetter: false,
    ...ending,
  };
}

function hexOf(number: number): string {
  return number.toString(16).padStart(32, "0");
}
