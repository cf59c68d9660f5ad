import { skipReasonSchema, tokenBucketSchema, type TokenBucket } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { parseContent, parseJsonColumn, type Contract } from "../read-row.ts";
import type { Schema } from "../schema/schema.ts";

/** The first choice of one request, among whom it was made and what it earned: a row to evaluate policies with. */
export interface LoggedFirstChoice {
  readonly eventId: string;
  readonly timestampMs: number;
  readonly tokenBucket: TokenBucket;
  readonly modelId: string;
  readonly propensity: number | null;
  readonly reward: number;
  readonly considered: readonly LoggedCandidate[];
}

export interface LoggedCandidate {
  readonly modelId: string;
  readonly isSkipped: boolean;
  readonly hasFailedBefore: boolean;
  readonly estimatedCostUsd: number | null;
}

export interface ChoiceRange {
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly limit: number;
  /** The last row of the page before. */
  readonly before?: Pick<LoggedFirstChoice, "timestampMs" | "eventId"> | null;
}

/** Newest first. Requests without a decision are left out. */
export async function listFirstChoices(
  db: Kysely<Schema>,
  { fromMs, toMs, limit, before = null }: ChoiceRange,
): Promise<LoggedFirstChoice[]> {
  const rows = await db
    .selectFrom("reward_log")
    .innerJoin("request_log", "request_log.event_id", "reward_log.event_id")
    .select([
      "reward_log.event_id",
      "reward_log.timestamp_ms",
      "reward_log.token_bucket",
      "reward_log.model_id",
      "reward_log.propensity",
      "reward_log.reward",
      "request_log.decision_json",
    ])
    .where("reward_log.attempt_index", "=", 0)
    .where("reward_log.timestamp_ms", ">=", Math.round(fromMs))
    .where("reward_log.timestamp_ms", "<", Math.round(toMs))
    .where("request_log.decision_json", "is not", null)
    .$if(before !== null, (query) =>
      query.where((where) =>
        where.or([
          where("reward_log.timestamp_ms", "<", before?.timestampMs ?? 0),
          where.and([
            where("reward_log.timestamp_ms", "=", before?.timestampMs ?? 0),
            where("reward_log.event_id", "<", before?.eventId ?? ""),
          ]),
        ]),
      ),
    )
    .orderBy("reward_log.timestamp_ms", "desc")
    .orderBy("reward_log.event_id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    eventId: row.event_id,
    timestampMs: row.timestamp_ms,
    tokenBucket: parseContent(tokenBucketSchema, {
      table: "reward_log",
      id: row.event_id,
      value: row.token_bucket,
    }),
    modelId: row.model_id,
    propensity: row.propensity,
    reward: row.reward,
    considered: parseContent(candidates, {
      table: "request_log",
      id: row.event_id,
      value: parseJsonColumn(row.decision_json),
    }),
  }));
}

const alreadyFailed = skipReasonSchema.enum.already_failed;

/** Only what is needed of a decision: a whole one, checked, would cost many times as much. */
const candidates: Contract<readonly LoggedCandidate[]> = {
  safeParse(value) {
    const considered = isRecord(value) ? value["considered"] : null;
    if (!Array.isArray(considered)) return { success: false };
    const data: LoggedCandidate[] = [];
    for (const candidate of considered as unknown[]) {
      if (!isRecord(candidate) || typeof candidate["modelId"] !== "string") return { success: false };
      const cost = candidate["estimatedCostUsd"];
      data.push({
        modelId: candidate["modelId"],
        isSkipped: candidate["outcome"] === "skipped",
        hasFailedBefore: candidate["skipReason"] === alreadyFailed,
        estimatedCostUsd: typeof cost === "number" ? cost : null,
      });
    }
    return { success: true, data };
  },
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
