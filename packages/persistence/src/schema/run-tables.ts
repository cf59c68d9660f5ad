import type { ErrorCode } from "@tokenhub/contracts";

export interface RunTables {
  runs: RunTable;
}

export type RunStatus = "running" | "succeeded" | "failed" | "cancelled";

/** One row per orchestration. */
export interface RunTable {
  id: string;
  /** The caller's request that it answers. */
  request_id: string;
  tenant_id: string;
  project_id: string | null;
  key_id: string | null;
  mode: string;
  status: RunStatus;
  created_at_ms: number;
  finished_at_ms: number | null;
  /** 1, one more for each retry. */
  attempt: number;
  /** Billionths of a US dollar that all calls of all attempts cost; null when one of them is unknown. */
  cost_nano_usd: number | null;
  input_tokens: number;
  output_tokens: number;
  /** Of all attempts. */
  call_count: number;
  ended_call_count: number;
  /** When the state that the row holds was told. */
  changed_at_ms: number;
  /** Of a run that failed. */
  error_code: ErrorCode | null;
  input_json: string;
  state_json: string;
}
