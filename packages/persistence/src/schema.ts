import type {
  ErrorCode,
  FailureClass,
  Lane,
  Operation,
  RequestResult,
  Usage,
  WireFormatName,
  CallIncidentFact,
} from "@tokenhub/contracts";

/** The tables as both databases show them: truth values are 0 and 1, JSON is text, times are Unix milliseconds. */
export interface Schema {
  providers: ProviderTable;
  models: ModelTable;
  aliases: AliasTable;
  catalogue_version: CatalogueVersionTable;
  request_log: RequestLogTable;
  call_incidents: CallIncidentTable;
}

/** Where a row of the catalogue came from; an admin's rows survive any configuration. */
export type Source = "config" | "admin";
type Truth = 0 | 1;

interface CatalogueRow {
  id: string;
  source: Source;
  /** 1 for a new row, one more with every change of its content. */
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface ProviderTable extends CatalogueRow {
  type: string;
  enabled: Truth;
  base_url: string | null;
  timeout_ms: number;
  concurrency: number;
  headers_json: string;
  options_json: string;
}

export interface ModelTable extends CatalogueRow {
  provider_id: string;
  upstream_name: string;
  enabled: Truth;
  weight: number;
  context_tokens: number;
  max_output_tokens: number | null;
  /** Both prices are null when the price is unknown. */
  input_per_1k_usd: number | null;
  output_per_1k_usd: number | null;
  capabilities_json: string | null;
  expected_latency_ms: number | null;
}

export interface AliasTable extends CatalogueRow {
  model_ids_json: string;
}

/** One row. */
interface CatalogueVersionTable {
  id: 1;
  version: number;
}

export type EventType = "chat_completion" | "embedding";

/** One row per finished request. */
export interface RequestLogTable {
  request_id: string;
  event_id: string;
  tenant_id: string;
  lane: Lane;
  operation: Operation;
  caller_format: WireFormatName;
  event_type: EventType;
  outcome: RequestResult["outcome"];
  error_code: ErrorCode | null;
  failure_class: FailureClass | null;
  model_id: string | null;
  provider_id: string | null;
  upstream_model: string | null;
  requested_model: string | null;
  stream: Truth;
  accepted_at_ms: number;
  finished_at_ms: number;
  duration_ms: number;
  time_to_first_token_ms: number | null;
  /** All token counts are null when there is no usage. */
  input_tokens: number | null;
  output_tokens: number | null;
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  usage_source: Usage["source"] | null;
  attempt_count: number;
  ambiguous_calls: number;
  estimated_input_tokens: number;
  /** Billionths of a US dollar; null when the price or the usage is unknown. */
  cost_nano_usd: number | null;
  orchestration_mode: string;
  decision_json: string | null;
  attempts_json: string;
  warnings_json: string;
}

/** One row per call that may have been billed although its answer reached nobody. */
interface CallIncidentTable {
  event_id: string;
  kind: CallIncidentFact["kind"];
  request_id: string;
  tenant_id: string;
  model_id: string;
  provider_id: string;
  occurred_at_ms: number;
  usage_json: string | null;
}
