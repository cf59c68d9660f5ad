import type { RoutingPolicy } from "@tokenhub/contracts";

/** What a request that says nothing gets, and whether models may be tried out. */
export type RoutingSettings = Pick<
  RoutingPolicy,
  | "strategy"
  | "mode"
  | "maxBudgetUsd"
  | "maxLatencyMs"
  | "allowExploration"
  | "explorationShare"
  | "explorationTemperature"
>;

export type RoutingSettingName = keyof RoutingSettings;

/** Where a value in force comes from. */
export type SettingSource = "environment" | "admin" | "file" | "default";

export const routingSettingNames = [
  "strategy",
  "mode",
  "maxBudgetUsd",
  "maxLatencyMs",
  "allowExploration",
  "explorationShare",
  "explorationTemperature",
] as const satisfies readonly RoutingSettingName[];

export const builtInRoutingSettings: RoutingSettings = {
  strategy: "objective",
  mode: "normal",
  maxBudgetUsd: null,
  maxLatencyMs: null,
  allowExploration: true,
  explorationShare: 0.2,
  explorationTemperature: 0,
};

/** The variables that decide a setting whatever anybody saves. */
export const routingVariables: Readonly<Partial<Record<RoutingSettingName, string>>> = {
  strategy: "TOKENHUB_DEFAULT_STRATEGY",
  mode: "TOKENHUB_DEFAULT_MODE",
  maxBudgetUsd: "TOKENHUB_DEFAULT_MAX_BUDGET_USD",
  maxLatencyMs: "TOKENHUB_DEFAULT_MAX_LATENCY_MS",
  explorationShare: "TOKENHUB_EXPLORATION_SHARE",
  explorationTemperature: "TOKENHUB_EXPLORATION_TEMP",
};
