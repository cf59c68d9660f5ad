import type { ConsideredCandidate, RoutingDecision } from "@tokenhub/contracts";
import { describeSkip, notAllowedToFollow } from "./describe-skip.ts";
import type { CatalogueEntry } from "./catalogue-index.ts";
import { estimateCostUsd } from "./estimate-cost.ts";
import type { Scene, Screening } from "./screen-models.ts";
import { skipReasonOf, verdict } from "./verdict.ts";

/** Upper bound of `RoutingDecision.considered`. */
const consideredLimit = 256;

/** Candidates in the order in which they are tried, with their scores at the same positions as in the screening. */
export interface Ranking {
  readonly order: Int32Array;
  readonly scores: Float64Array;
  /** How many of them are tried if need be; those behind may not follow a failure. */
  readonly takenCount: number;
  /** True when the first one is a trial that the scores alone would not have made. */
  readonly explored: boolean;
  /** True when the first one was taken only to differ from other calls of the same orchestration. */
  readonly isSpread: boolean;
}

/**
 * What became of each candidate, at most 256 of them: the chosen one, the fallbacks in their order, then the skipped ones
 * by weight. Models that were merely not named were no candidates; they are counted, not listed.
 */
export function listConsidered(
  screening: Screening,
  { scene, ranking }: { scene: Scene; ranking: Ranking },
): ConsideredCandidate[] {
  const listed: ConsideredCandidate[] = [];
  listRanked(listed, { screening, ranking, scene });
  listSkipped(listed, { screening, scene });
  return listed;
}

function listRanked(
  listed: ConsideredCandidate[],
  { screening, ranking, scene }: { screening: Screening; ranking: Ranking; scene: Scene },
): void {
  for (const position of ranking.order.subarray(0, consideredLimit)) {
    const entry = screening.candidates[position];
    if (entry === undefined) continue;
    const rank = listed.length;
    const isTaken = rank < ranking.takenCount;
    listed.push({
      modelId: entry.model.id,
      providerId: entry.model.providerId,
      outcome: !isTaken ? "skipped" : rank === 0 ? "chosen" : "fallback",
      score: ranking.scores[position] ?? null,
      estimatedCostUsd: knownCost(entry, scene),
      skipReason: isTaken ? null : "escalation_not_allowed",
      detail: isTaken
        ? describeTaken(entry, {
            isChosen: rank === 0,
            ranking,
            found: screening.verdicts[entry.ordinal] ?? 0,
            scene,
          })
        : notAllowedToFollow,
    });
  }
}

function listSkipped(
  listed: ConsideredCandidate[],
  { screening, scene }: { screening: Screening; scene: Scene },
): void {
  for (const entry of scene.index.entries) {
    if (listed.length >= consideredLimit) return;
    const found = screening.verdicts[entry.ordinal] ?? 0;
    const skipReason = skipReasonOf(found);
    if (skipReason === null || found === verdict.notNamed) continue;
    listed.push({
      modelId: entry.model.id,
      providerId: entry.model.providerId,
      outcome: "skipped",
      score: null,
      estimatedCostUsd: found <= unseenUpTo ? null : knownCost(entry, scene),
      skipReason,
      detail: describeSkip(entry, { found, scene }),
    });
  }
}

/** The last verdict that is found before a model's price is looked at. */
const unseenUpTo = verdict.operationNotServed;

function knownCost(entry: CatalogueEntry, scene: Scene): number | null {
  const costUsd = estimateCostUsd(entry, scene.demand.tokens);
  return Number.isNaN(costUsd) ? null : costUsd;
}

function describeTaken(
  entry: CatalogueEntry,
  { isChosen, ranking, found, scene }: { isChosen: boolean; ranking: Ranking; found: number; scene: Scene },
): string {
  if (found === verdict.trial) return "its provider was failing; this is the trial call";
  if (found === verdict.lastResort) return "its provider asked for a pause, but no other candidate is left";
  if (scene.target.kind === "model" && entry === scene.target.entry) return "named by the request";
  if (isChosen && entry === scene.favourite) return "drawn by the weights of the alias";
  if (isChosen && ranking.isSpread) return "taken to differ from other calls of its orchestration";
  if (isChosen && ranking.explored) return "tried out, although another one is expected to be better";
  return isChosen ? "first of the candidates" : "tried when the ones before it fail";
}

/** How many models were skipped for each reason, over the whole catalogue. */
export function countByReason(screening: Screening, ranking: Ranking): RoutingDecision["skippedByReason"] {
  const byReason: RoutingDecision["skippedByReason"] = {};
  const untaken = ranking.order.length - ranking.takenCount;
  if (untaken > 0) byReason.escalation_not_allowed = untaken;
  for (const [found, count] of screening.counts.entries()) {
    const reason = skipReasonOf(found);
    if (count > 0 && reason !== null) byReason[reason] = (byReason[reason] ?? 0) + count;
  }
  return byReason;
}
