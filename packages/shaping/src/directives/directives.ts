import type { RoutingMode, Strategy } from "@tokenhub/contracts";
import type { JsonObject } from "../json-value.ts";
import type { OutputType } from "../output/output-type.ts";

/** Modes a directive may name: those of routing, those of orchestration, and the strategy `thompson` under its old name. */
export const directiveModes = [
  "cheap",
  "normal",
  "high_confidence",
  "planning",
  "adversarial",
  "vote",
  "refine",
  "thompson",
] as const satisfies readonly (RoutingMode | "vote" | "refine" | "thompson")[];
export type DirectiveMode = (typeof directiveModes)[number];

/** What a conversation's text asks of TokenHub; what is absent was not stated. */
export interface Directives {
  mode?: DirectiveMode;
  strategy?: Strategy;
  /** The model or alias to call. */
  model?: string;
  /** US dollars for this request. */
  maxBudgetUsd?: number;
  maxLatencyMs?: number;
  /** US dollars per 1,000 tokens. */
  maxCostPer1kUsd?: number;
  minContextTokens?: number;
  minWeight?: number;
  /** Of the models that plan, answer or refine. */
  primaryMinWeight?: number;
  /** Of the models that criticise or judge. */
  reviewMinWeight?: number;
  /** Rounds of an orchestration; 0: the mode's default. */
  iterations?: number;
  outputFormat?: OutputType;
  /** A JSON Schema within `checkSchemaBounds`. */
  outputSchema?: JsonObject | boolean;
  includeDecision?: boolean;
  returnPlanOnly?: boolean;
}

export interface InvalidDirective {
  readonly kind: "invalid";
  /** The key at fault, or `@@tokenhub` or `@@end` when the directive itself is malformed. */
  readonly key: string;
  /** Completes a sentence that begins with the key; never holds the value. */
  readonly reason: string;
}

/** What was read out of a conversation. */
export type DirectiveReading =
  | { readonly kind: "none" }
  | {
      readonly kind: "valid";
      readonly directives: Readonly<Directives>;
      /** Names of keys nobody knows, for a debug log: at most 20, without their values. */
      readonly ignoredKeys: readonly string[];
    }
  | InvalidDirective;

/** The sentence for the caller of an invalid directive: the key and the reason, not the value. */
export function describeInvalidDirective({ key, reason }: InvalidDirective): string {
  return `Directive \`${key}\` ${reason}.`;
}
