import type { Selectable } from "kysely";
import type { ResponseTable } from "../schema/response-tables.ts";
import { storableBody } from "../jobs/storable-body.ts";

/** A response that is kept. All times are Unix milliseconds, what ends in `Json` is JSON text. */
export interface StoredResponse {
  readonly id: string;
  /** The job that makes it; null: its caller waited for it. */
  readonly jobId: string | null;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly keyId: string | null;
  readonly previousResponseId: string | null;
  readonly isBackground: boolean;
  readonly isStream: boolean;
  /** Its own input items, without those of the responses before it. */
  readonly inputItemsJson: string;
  /** As it stands before there is an answer; null when it had ended before it was kept. */
  readonly draftJson: string | null;
  /** As it ended; null until then. */
  readonly responseJson: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export function responseOfRow(row: Selectable<ResponseTable>): StoredResponse {
  return {
    id: row.id,
    jobId: row.job_id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    keyId: row.key_id,
    previousResponseId: row.previous_response_id,
    isBackground: row.is_background === 1,
    isStream: row.is_stream === 1,
    inputItemsJson: row.input_items_json,
    draftJson: row.draft_json,
    responseJson: row.response_json,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
}

export function rowOfResponse(response: StoredResponse): Selectable<ResponseTable> {
  const { draftJson, responseJson } = response;
  return {
    id: response.id,
    job_id: response.jobId,
    tenant_id: response.tenantId,
    project_id: response.projectId,
    key_id: response.keyId,
    previous_response_id: response.previousResponseId,
    is_background: response.isBackground ? 1 : 0,
    is_stream: response.isStream ? 1 : 0,
    input_items_json: storableBody(response.inputItemsJson),
    draft_json: draftJson === null ? null : storableBody(draftJson),
    response_json: responseJson === null ? null : storableBody(responseJson),
    created_at_ms: Math.round(response.createdAtMs),
    expires_at_ms: Math.round(response.expiresAtMs),
  };
}
