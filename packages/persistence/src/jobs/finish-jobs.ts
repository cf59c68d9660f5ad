import type { Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import { nanoUsdOf } from "../requests/nano-usd.ts";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";
import { transaction } from "../transaction.ts";
import type { FinishOptions, JobEnding } from "./job-ending.ts";
import { storedJobOf, type StoredJob } from "./job-row.ts";
import { storableBody } from "./storable-body.ts";
import { updateJobs } from "./update-jobs.ts";

interface EndedJob {
  readonly job: StoredJob;
  readonly ending: JobEnding;
}

/**
 * Ends jobs, with all that follows from it, in one transaction. Each job ends once, however often and by whomever its end is
 * told: the row decides, and the rest happens only for jobs that end now.
 * @param onlyWaiting leave jobs alone that have begun meanwhile.
 */
export function finishJobs(
  db: Kysely<Schema>,
  {
    endings,
    onlyWaiting = false,
    ...options
  }: FinishOptions & { readonly endings: readonly JobEnding[]; readonly onlyWaiting?: boolean },
): Promise<StoredJob[]> {
  if (endings.length === 0) return Promise.resolve([]);
  return transaction(db, async (begun) => {
    const ended = await endJobs(begun, { endings, onlyWaiting });
    await insertAnswers(begun, ended);
    await countInBatches(begun, { ended, options });
    const responses = ended.filter(({ job }) => job.origin === "response");
    if (responses.length > 0) await options.keepResponses?.(begun, responses);
    await tell(begun, { ended, options });
    return ended.map(({ job }) => job);
  });
}

async function endJobs(
  begun: Kysely<Schema>,
  { endings, onlyWaiting }: { readonly endings: readonly JobEnding[]; readonly onlyWaiting: boolean },
): Promise<EndedJob[]> {
  const byAttempt = new Map(endings.toReversed().map((ending) => [attemptKeyOf(ending), ending]));
  const rows = await updateJobs(begun, {
    changes: [...byAttempt.values()].map(changeOf),
    columns: endingColumns,
    set: endingClause,
    where: `jobs.attempt = ended_attempt and jobs.finished_at_ms is null${
      onlyWaiting ? " and jobs.state in ('scheduled', 'queued')" : ""
    }`,
  });
  return rows.flatMap((row) => {
    const ending = byAttempt.get(attemptKeyOf({ jobId: row.id, attempt: row.attempt }));
    return ending === undefined ? [] : [{ job: storedJobOf(row), ending }];
  });
}

async function insertAnswers(begun: Kysely<Schema>, ended: readonly EndedJob[]): Promise<void> {
  await insertRows(begun, {
    table: "job_answers",
    rows: ended.flatMap(({ job, ending: { answer } }) =>
      answer === null
        ? []
        : [
            {
              job_id: job.id,
              status_code: answer.statusCode,
              headers_json: JSON.stringify(answer.headers),
              body: storableBody(answer.body),
            },
          ],
    ),
    clause: "",
  });
}

async function countInBatches(
  begun: Kysely<Schema>,
  { ended, options }: { readonly ended: readonly EndedJob[]; readonly options: FinishOptions },
): Promise<void> {
  const ofBatches = ended.flatMap(({ job: { batchId }, ending: { state } }) =>
    batchId === null ? [] : [{ batchId, state }],
  );
  if (ofBatches.length > 0) await options.countBatchEndings?.(begun, ofBatches);
}

async function tell(
  begun: Kysely<Schema>,
  { ended, options }: { readonly ended: readonly EndedJob[]; readonly options: FinishOptions },
): Promise<void> {
  if (options.recordEvents === undefined) return;
  const told = ended.flatMap(({ job, ending }) =>
    options.events(job, ending).map((event) => ({ event, webhook: job.webhook })),
  );
  if (told.length === 0) return;
  await options.recordEvents(begun, {
    events: told.map(({ event }) => event),
    jobWebhooks: new Map(
      told.flatMap(({ event, webhook }) => (webhook === null ? [] : [[event.id, webhook]])),
    ),
  });
}

function attemptKeyOf({ jobId, attempt }: Pick<JobEnding, "jobId" | "attempt">): string {
  return `${jobId}.${attempt}`;
}

const endingColumns = {
  job_id: "text",
  ended_attempt: "bigint",
  end_state: "text",
  end_ms: "bigint",
  kept_until_ms: "bigint",
  answer_status: "bigint",
  answer_bytes: "bigint",
  end_code: "text",
  end_class: "text",
  end_message: "text",
  used_model: "text",
  used_provider: "text",
  cost: "bigint",
  tokens_in: "bigint",
  tokens_out: "bigint",
  end_letter: "text",
} as const;

const endingClause = `state = end_state, finished_at_ms = end_ms, expires_at_ms = kept_until_ms, owner = null,
  status_code = answer_status, result_bytes = answer_bytes, error_code = end_code, error_class = end_class,
  error_message = end_message, model_id = used_model, provider_id = used_provider, cost_nano_usd = cost,
  input_tokens = tokens_in, output_tokens = tokens_out, letter = end_letter`;

function changeOf(ending: JobEnding) {
  const { answer } = ending;
  return {
    job_id: ending.jobId,
    ended_attempt: ending.attempt,
    end_state: ending.state,
    end_ms: Math.round(ending.finishedAtMs),
    kept_until_ms: Math.round(ending.expiresAtMs),
    answer_status: answer?.statusCode ?? null,
    answer_bytes: answer === null ? null : Buffer.byteLength(storableBody(answer.body)),
    end_code: ending.errorCode,
    end_class: ending.errorClass,
    end_message: storableText(ending.errorMessage),
    used_model: storableText(ending.modelId),
    used_provider: storableText(ending.providerId),
    cost: nanoUsdOf(ending.costUsd),
    tokens_in: ending.inputTokens,
    tokens_out: ending.outputTokens,
    end_letter: ending.isDeadLetter ? "open" : null,
  };
}
