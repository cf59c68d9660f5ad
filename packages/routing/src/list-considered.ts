import type { ConsideredCandidate, RoutingDecision } from "@tokenhub/contracts";
import { describeSkip } from "./describe-skip.ts";
import type { CatalogueEntry } from "./catalogue-index.ts";
import type { Scene, Screening } from "./screen-models.ts";
import { skipReasonOf, verdict } from "./verdict.ts";

/** Upper bound of `RoutingDecision.considered`. */
const consideredLimit = 256;

/** Candidates in the order in which they are tried, with their scores at the same positions as in the screening. */
export interface Ranking {
  readonly order: Int32Array;
  readonly scores: Float64Array;
}

/**
 * What became of each candidate, at most 256 of them: the chosen one, the fallbacks in their order, then the skipped ones
 * by weight. Models that were merely not named were no candidates; they are counted, not listed.
 */
export function listConsidered(
  screening: Screening,
  { scene, ranking }: { scene: Scene; ranking: Ranking | null },
): ConsideredCandidate[] {
  const listed: ConsideredCandidate[] = [];
  if (ranking !== null) listTaken(listed, { screening, ranking, scene });
  listSkipped(listed, { screening, scene });
  return listed;
}

function listTaken(
  listed: ConsideredCandidate[],
  { screening, ranking, scene }: { screening: Screening; ranking: Ranking; scene: Scene },
): void {
  for (const position of ranking.order.subarray(0, consideredLimit)) {
    const entry = screening.candidates[position];
    if (entry === undefined) continue;
    const isChosen = listed.length === 0;
    listed.push({
      modelId: entry.model.id,
      providerId: entry.model.providerId,
      outcome: isChosen ? "chosen" : "fallback",
      score: ranking.scores[position] ?? null,
      skipReason: null,
      detail: describeTaken(entry, { isChosen, found: screening.verdicts[entry.ordinal] ?? 0, scene }),
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
      skipReason,
      detail: describeSkip(entry, { found, scene }),
    });
  }
}

function describeTaken(
  entry: CatalogueEntry,
  { isChosen, found, scene }: { isChosen: boolean; found: number; scene: Scene },
): string {
  if (found === verdict.trial) return "its provider was failing; this is the trial call";
  if (found === verdict.lastResort) return "its provider asked for a pause, but no other candidate is left";
  if (scene.target.kind === "model" && entry === scene.target.entry) return "named by the request";
  return isChosen ? "first of the candidates" : "tried when the ones before it fail";
}

/** How many models were skipped for each reason, over the whole catalogue. */
export function countByReason(screening: Screening): RoutingDecision["skippedByReason"] {
  const byReason: RoutingDecision["skippedByReason"] = {};
  for (const [found, count] of screening.counts.entries()) {
    const reason = skipReasonOf(found);
    if (count > 0 && reason !== null) byReason[reason] = (byReason[reason] ?? 0) + count;
  }
  return byReason;
}
