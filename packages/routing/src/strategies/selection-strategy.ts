import type { RoutingFeatures } from "@tokenhub/contracts";
import type { ArmIndex } from "../bandit/arm-index.ts";
import type { CatalogueEntry } from "../catalogue-index.ts";
import type { ProviderState } from "../provider-state.ts";

interface ScoringInput {
  readonly features: RoutingFeatures;
  /** In the order of the catalogue's providers. */
  readonly states: readonly ProviderState[];
  readonly arms: ArmIndex;
}

interface ExplorationInput extends ScoringInput {
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Candidates, and their positions from the best to the worst. */
interface RankedCandidates {
  readonly candidates: readonly CatalogueEntry[];
  readonly order: Int32Array;
}

/**
 * One way to choose among the candidates that fit. Everything that differs between strategies is here; a new one is a name
 * in the contract's `strategySchema`, a file beside this one, and its line in `strategies`.
 */
export interface SelectionStrategy {
  readonly lowerIsBetter: boolean;
  /**
   * Who follows a candidate that failed: the `next_best` by score, or, by score as well, models of a `higher_tier` first
   * (a higher weight or a larger context than the failed one) and the others after them.
   */
  readonly afterFailure: "next_best" | "higher_tier_first";
  /** True when `policy.mode` changes the score. */
  readonly hasModes: boolean;
  /** A score per candidate, in their order. */
  readonly score: (candidates: readonly CatalogueEntry[], input: ScoringInput) => Float64Array;
  /**
   * Which rank to try out instead of the best one; 0 for none. Called only for requests that allow it, with candidates that
   * all fit: a trial never breaks a limit.
   */
  readonly explore?: (ranked: RankedCandidates, input: ExplorationInput) => number;
}
