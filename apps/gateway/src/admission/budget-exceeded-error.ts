import { TokenHubError } from "@tokenhub/contracts";
import type { Budget } from "./caller.ts";

/** A refusal that says what may be spent and what has been. */
export class BudgetExceededError extends TokenHubError {
  /** Beside code and message in the product's own error shapes. */
  readonly details: {
    readonly budget_scope: string;
    readonly budget_usd: number;
    readonly spent_usd: number;
  };

  constructor(
    { kind, limitNanoUsd }: Budget,
    { spentNanoUsd, heldNanoUsd, neededNanoUsd = null }: BudgetUse,
  ) {
    const budgetUsd = limitNanoUsd / 1e9;
    const spentUsd = spentNanoUsd / 1e9;
    const underWay = heldNanoUsd === 0 ? "" : `, and requests under way may cost $${heldNanoUsd / 1e9}`;
    const whose = `The monthly budget of the ${kind === "key" ? "API key" : kind}`;
    const spent = `$${spentUsd} of $${budgetUsd} are spent${underWay}`;
    super(
      "budget_exceeded",
      neededNanoUsd === null
        ? `${whose} is used up: ${spent}. Raise it, or wait for the next month.`
        : `${whose} has less left than this costs in the worst case, $${neededNanoUsd / 1e9}: ${spent}. Raise it, ask for less, or wait for the next month.`,
    );
    this.details = { budget_scope: kind, budget_usd: budgetUsd, spent_usd: spentUsd };
  }
}

export interface BudgetUse {
  readonly spentNanoUsd: number;
  /** What requests that are under way may cost. */
  readonly heldNanoUsd: number;
  /** What the whole request needs; null or absent: the budget is used up whatever it needs. */
  readonly neededNanoUsd?: number | null;
}
