import type { FailureClass, RoutingMode, Strategy, TokenBucket } from "@tokenhub/contracts";
import { tokenBucketSchema } from "@tokenhub/contracts";
import { sql, type Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import {
  selectPage,
  whereEquals,
  whereTime,
  whereTruth,
  type Condition,
  type Page,
  type PageRequest,
} from "../page.ts";
import { parseContent } from "../read-row.ts";
import type { RewardLogTable } from "../schema/request-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";

/** One attempt as a learner sees it: the context, the choice, and what it was worth. */
export interface RewardEntry {
  /** Of the fact it comes from. */
  readonly eventId: string;
  /** Place among the request's attempts. */
  readonly attemptIndex: number;
  readonly timestampMs: number;
  readonly requestId: string;
  readonly tenantId: string;
  readonly keyId: string | null;
  readonly modelId: string;
  readonly providerId: string;
  readonly strategy: Strategy | null;
  readonly mode: RoutingMode | null;
  readonly estimatedTokens: number;
  readonly tokenBucket: TokenBucket;
  readonly latencyBudgetMs: number | null;
  readonly latencyMs: number;
  readonly costNanoUsd: number | null;
  readonly succeeded: boolean;
  readonly errorClass: FailureClass | null;
  readonly explored: boolean;
  /** The probability with which the router made this choice; null when it cannot say. */
  readonly propensity: number | null;
  /** 0..1 from feedback on the answer; null when there is none. */
  readonly quality: number | null;
  /** 0..1. */
  readonly reward: number;
}

export interface RewardFilters {
  readonly tenantId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly modelId?: string | undefined;
  readonly providerId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly tokenBucket?: TokenBucket | undefined;
  readonly succeeded?: boolean | undefined;
  readonly explored?: boolean | undefined;
  /** Inclusive. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs?: number | undefined;
}

export interface RewardRepository {
  /** Newest first. */
  readonly page: (request: PageRequest & { readonly filters?: RewardFilters }) => Promise<Page<RewardEntry>>;
  /** Notes how good an answer was, on the attempt that gave it; false when there is none. */
  readonly setQuality: (requestId: string, quality: number) => Promise<boolean>;
}

/** @param db a database, or a transaction to take part in. */
export function createRewardRepository(db: Kysely<Schema>): RewardRepository {
  return {
    async page({ filters = {}, ...page }) {
      const { items, total } = await selectPage<RewardLogTable>(db, {
        ...page,
        table: "reward_log",
        conditions: [
          ...whereEquals("tenant_id", filters.tenantId),
          ...whereEquals("key_id", filters.keyId),
          ...whereEquals("model_id", filters.modelId),
          ...whereEquals("provider_id", filters.providerId),
          ...whereRequest(filters.requestId),
          ...whereEquals("token_bucket", filters.tokenBucket),
          ...whereTruth("succeeded", filters.succeeded),
          ...whereTruth("explored", filters.explored),
          ...whereTime("timestamp_ms", filters),
        ],
        orderBy: [
          { column: "timestamp_ms", direction: "desc" },
          { column: "event_id", direction: "desc" },
          { column: "attempt_index", direction: "desc" },
        ],
      });
      return { items: items.map(fromRow), total };
    },
    async setQuality(requestId, quality) {
      const { numUpdatedRows } = await db
        .updateTable("reward_log")
        .set({ quality })
        .where(eventOf(requestId))
        .where("succeeded", "=", 1)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function whereRequest(requestId: string | undefined): Condition[] {
  return requestId === undefined ? [] : [eventOf(requestId)];
}

/** By the key of the table, so that the largest of our logs needs no other index. */
function eventOf(requestId: string): Condition {
  return sql`event_id = (select event_id from request_log where request_id = ${requestId})`;
}

/** Writes one row per attempt; a row that is there already stays as it is. */
export async function insertRewards(
  transaction: Kysely<Schema>,
  rewards: readonly RewardEntry[],
): Promise<void> {
  await insertRows(transaction, {
    table: "reward_log",
    rows: rewards.map(toRow),
    clause: "on conflict do nothing",
  });
}

function toRow(reward: RewardEntry): RewardLogTable {
  return {
    event_id: reward.eventId,
    attempt_index: reward.attemptIndex,
    timestamp_ms: Math.round(reward.timestampMs),
    request_id: reward.requestId,
    tenant_id: storableText(reward.tenantId),
    key_id: storableText(reward.keyId),
    model_id: storableText(reward.modelId),
    provider_id: storableText(reward.providerId),
    strategy: reward.strategy,
    mode: reward.mode,
    estimated_tokens: Math.round(reward.estimatedTokens),
    token_bucket: reward.tokenBucket,
    latency_budget_ms: reward.latencyBudgetMs === null ? null : Math.round(reward.latencyBudgetMs),
    latency_ms: Math.round(reward.latencyMs),
    cost_nano_usd: reward.costNanoUsd === null ? null : Math.round(reward.costNanoUsd),
    succeeded: reward.succeeded ? 1 : 0,
    error_class: reward.errorClass,
    explored: reward.explored ? 1 : 0,
    propensity: reward.propensity,
    quality: reward.quality,
    reward: reward.reward,
  };
}

function fromRow(row: RewardLogTable): RewardEntry {
  return {
    eventId: row.event_id,
    attemptIndex: row.attempt_index,
    timestampMs: row.timestamp_ms,
    requestId: row.request_id,
    tenantId: row.tenant_id,
    keyId: row.key_id,
    modelId: row.model_id,
    providerId: row.provider_id,
    strategy: row.strategy,
    mode: row.mode,
    estimatedTokens: row.estimated_tokens,
    tokenBucket: parseContent(tokenBucketSchema, {
      table: "reward_log",
      id: row.event_id,
      value: row.token_bucket,
    }),
    latencyBudgetMs: row.latency_budget_ms,
    latencyMs: row.latency_ms,
    costNanoUsd: row.cost_nano_usd,
    succeeded: row.succeeded === 1,
    errorClass: row.error_class,
    explored: row.explored === 1,
    propensity: row.propensity,
    quality: row.quality,
    reward: row.reward,
  };
}
