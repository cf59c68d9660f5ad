import type {
  BanditArm,
  CallIncidentFact,
  ErrorCode,
  FailureClass,
  Lane,
  Operation,
  RequestResult,
  RoutingMode,
  Strategy,
  TokenBucket,
  Usage,
  WireFormatName,
} from "@tokenhub/contracts";
import type { Truth } from "./columns.ts";

export interface RequestTables {
  request_log: RequestLogTable;
  call_incidents: CallIncidentTable;
  reward_log: RewardLogTable;
  bandit_arms: BanditArmTable;
  spend: SpendTable;
}

export type EventType = "chat_completion" | "text_completion" | "embedding";

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
  key_id: string | null;
  project_id: string | null;
  alias_id: string | null;
  /** Of the decision, or of the refusal when there was none. */
  strategy: Strategy | null;
  routing_mode: RoutingMode | null;
  refusal_json: string | null;
  estimated_cost_nano_usd: number | null;
  /** The orchestration it was a call of. */
  run_id: string | null;
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

/** One row per attempt: what the router knew, what it chose, and how good that was. */
export interface RewardLogTable {
  event_id: string;
  attempt_index: number;
  timestamp_ms: number;
  request_id: string;
  tenant_id: string;
  key_id: string | null;
  model_id: string;
  provider_id: string;
  strategy: Strategy | null;
  mode: RoutingMode | null;
  estimated_tokens: number;
  token_bucket: TokenBucket;
  latency_budget_ms: number | null;
  latency_ms: number;
  cost_nano_usd: number | null;
  succeeded: Truth;
  error_class: FailureClass | null;
  explored: Truth;
  /** The probability with which the router made this choice; null when it cannot say. */
  propensity: number | null;
  /** 0..1 from feedback on the answer; null when there is none. */
  quality: number | null;
  /** 0..1. */
  reward: number;
}

interface BanditArmTable {
  model_id: string;
  token_bucket: BanditArm["tokenBucket"];
  alpha: number;
  beta: number;
  updated_at_ms: number;
}

export type SpendScopeKind = "key" | "project" | "tenant";

export interface SpendTable {
  scope_kind: SpendScopeKind;
  scope_id: string;
  /** `YYYY-MM` in UTC. */
  month: string;
  cost_nano_usd: number;
  request_count: number;
  /** Requests with usage whose cost is unknown. */
  unpriced_count: number;
  input_tokens: number;
  output_tokens: number;
}
