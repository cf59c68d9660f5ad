import type { Truth } from "./columns.ts";

export interface ResponseTables {
  responses: ResponseTable;
}

export interface ResponseTable {
  /** `resp_` and the digits of its request's id. */
  id: string;
  /** The job that makes it, of one in the background. */
  job_id: string | null;
  tenant_id: string;
  project_id: string | null;
  key_id: string | null;
  previous_response_id: string | null;
  is_background: Truth;
  is_stream: Truth;
  /** Its own input items, without those of the responses before it. */
  input_items_json: string;
  /** The Response object as it stands before there is an answer; null when it had ended before it was kept. */
  draft_json: string | null;
  /** The Response object as it ended; null until then. */
  response_json: string | null;
  created_at_ms: number;
  expires_at_ms: number;
}
