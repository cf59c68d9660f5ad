import { listFirstChoices, type Database, type LoggedFirstChoice } from "@tokenhub/persistence";
import {
  replayDoublyRobust,
  replayIps,
  type LoggedChoice,
  type ReplayEstimate,
  type ReplayPolicy,
} from "@tokenhub/routing";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ChoiceContext } from "./candidate-policy.ts";

export interface PolicyEvaluation {
  /** What the choices of the log have earned on average. */
  readonly logged: { readonly value: number; readonly rows: number };
  readonly ips: ReplayEstimate;
  readonly doublyRobust: ReplayEstimate;
  /** Choices that say nothing about a policy, by why. */
  readonly leftOut: { readonly withoutAlternative: number; readonly withoutPropensity: number };
  /** True when there were more rows than were read; the newest count. */
  readonly isCut: boolean;
}

export interface EvaluationOptions {
  readonly policy: ReplayPolicy<ChoiceContext>;
  readonly fromMs: number;
  readonly toMs: number;
  /** Newest rows that are read. */
  readonly mostRows: number;
  readonly weightLimit?: number;
}

/** Each piece is short, because SQLite and the arithmetic run on the thread that serves requests. */
const rowsPerPiece = 250;

/** What a policy would have earned, from the log of the choices that were made: two estimates, and how much they are worth. */
export async function evaluatePolicy(
  db: Database["db"],
  { policy, fromMs, toMs, mostRows, weightLimit }: EvaluationOptions,
): Promise<PolicyEvaluation> {
  const rows: LoggedChoice<ChoiceContext>[] = [];
  const leftOut = { withoutAlternative: 0, withoutPropensity: 0 };
  let read = 0;
  let before: LoggedFirstChoice | null = null;
  let isCut = false;
  for (;;) {
    const limit = Math.min(rowsPerPiece, mostRows - read);
    const piece: LoggedFirstChoice[] = await listFirstChoices(db, { fromMs, toMs, limit, before });
    for (const choice of piece) {
      const row = rowOf(choice);
      if (row.candidates.length < 2) leftOut.withoutAlternative += 1;
      else if (row.propensity <= 0) leftOut.withoutPropensity += 1;
      else rows.push(row);
    }
    read += piece.length;
    before = piece.at(-1) ?? null;
    if (piece.length < limit) break;
    isCut = read >= mostRows;
    if (isCut) break;
    await nextTurn();
  }
  const limits = weightLimit === undefined ? {} : { weightLimit };
  return {
    logged: { value: mean(rows.map(({ reward }) => reward)), rows: rows.length },
    ips: replayIps(rows, policy, limits),
    doublyRobust: replayDoublyRobust(rows, policy, { ...limits, predict: predictorOf(rows) }),
    leftOut,
    isCut,
  };
}

/** A propensity of 0 stands for an unknown one. */
function rowOf({
  tokenBucket,
  considered,
  modelId,
  propensity,
  reward,
}: LoggedFirstChoice): LoggedChoice<ChoiceContext> {
  const candidates = considered.filter(({ isSkipped, hasFailedBefore }) => !isSkipped || hasFailedBefore);
  const estimatedCosts = new Map(
    candidates.map((candidate) => [candidate.modelId, candidate.estimatedCostUsd]),
  );
  const isKnown = estimatedCosts.has(modelId);
  return {
    context: { tokenBucket, estimatedCosts },
    candidates: [...estimatedCosts.keys()],
    chosen: modelId,
    propensity: isKnown ? (propensity ?? 0) : 0,
    reward,
  };
}

/** The model of rewards: the mean of a model's rewards at this size, else of all rewards. */
function predictorOf(rows: readonly LoggedChoice<ChoiceContext>[]) {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { context, chosen, reward } of rows) {
    const key = `${context.tokenBucket} ${chosen}`;
    const known = sums.get(key) ?? { sum: 0, count: 0 };
    sums.set(key, { sum: known.sum + reward, count: known.count + 1 });
  }
  const overall = mean(rows.map(({ reward }) => reward));
  return (context: ChoiceContext, modelId: string): number => {
    const known = sums.get(`${context.tokenBucket} ${modelId}`);
    return known === undefined ? overall : known.sum / known.count;
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((total, value) => total + value, 0) / values.length;
}
