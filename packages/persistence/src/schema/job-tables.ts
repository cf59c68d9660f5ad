import type { AsyncJobOrigin, AsyncJobState, ErrorCode, Lane } from "@tokenhub/contracts";
import type { Truth } from "./columns.ts";

export interface JobTables {
  jobs: JobTable;
  job_answers: JobAnswerTable;
  gateways: GatewayTable;
}

/** What became of a job that failed for good. */
export type LetterState = "open" | "replayed" | "discarded";

/** One row per job. */
export interface JobTable {
  id: string;
  /** Of the current attempt; whatever is stored of it in Redis has this id. */
  request_id: string;
  tenant_id: string;
  project_id: string | null;
  key_id: string | null;
  origin: AsyncJobOrigin;
  /** The path of the generation endpoint, e.g. `/v1/chat/completions`. */
  endpoint: string;
  lane: Lane;
  /** Lower goes first within a group: the negative of the caller's priority. */
  rank: number;
  /** Jobs that compete for the same places: tenant, lane and requested model. */
  dispatch_group: string;
  state: AsyncJobState;
  is_stream: Truth;
  requested_model: string | null;
  metadata_json: string | null;
  tags_json: string | null;
  /** A `JobWebhook`. */
  webhook_json: string | null;
  created_at_ms: number;
  not_before_ms: number | null;
  deadline_at_ms: number;
  /** Of the first attempt. */
  started_at_ms: number | null;
  finished_at_ms: number | null;
  /** When row and answer are deleted; null until the job has ended. */
  expires_at_ms: number | null;
  /** The gateway that carries it out, while it runs. */
  owner: string | null;
  /** From 1; one more for every time it was carried out again after a failure. */
  attempt: number;
  cancel_requested_at_ms: number | null;
  /** What it may cost, which counts as spent in its budgets until it has ended. */
  reserved_nano_usd: number;
  /** HTTP status of the answer. */
  status_code: number | null;
  error_code: ErrorCode | null;
  /** A `FailureClass`, where the failure has one. */
  error_class: string | null;
  error_message: string | null;
  model_id: string | null;
  provider_id: string | null;
  cost_nano_usd: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  /** Of the answer's body; null when no answer is kept. */
  result_bytes: number | null;
  batch_id: string | null;
  /** From 1. */
  batch_line: number | null;
  custom_id: string | null;
  schedule_id: string | null;
  replay_of: string | null;
  /** Null unless the job failed for good. */
  letter: LetterState | null;
  /** Headers of the request that mean something to its execution. */
  headers_json: string;
  body: string;
}

/** What a waiting caller would have been answered; of a stream, the whole text of it. */
export interface JobAnswerTable {
  job_id: string;
  status_code: number;
  headers_json: string;
  body: string;
}

/** Gateways that carry out jobs; one that was not seen for long has died. */
interface GatewayTable {
  id: string;
  seen_at_ms: number;
}
