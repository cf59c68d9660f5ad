import type { RoutingConfig } from "@tokenhub/config";
import {
  builtInRoutingSettings,
  routingSettingNames,
  type RoutingSettingName,
  type RoutingSettings,
  type SettingSource,
} from "./routing-setting.ts";

export interface RoutingSettingSources {
  /** Environment and file combined; null: not stated. */
  readonly configured: RoutingConfig;
  /** Which of the configured values the environment states. */
  readonly fromEnvironment: ReadonlySet<RoutingSettingName>;
  /** What an administrator has saved; null: nothing yet. */
  readonly saved: RoutingSettings | null;
}

export interface ResolvedRoutingSettings {
  readonly values: RoutingSettings;
  readonly sources: Readonly<Record<RoutingSettingName, SettingSource>>;
}

/**
 * Which value of each setting is in force: the environment's, else the one an administrator saved, else the configuration
 * file's, else the product's own. What was saved counts as a whole: it may also say that there is no limit.
 */
export function resolveRoutingSettings(sources: RoutingSettingSources): ResolvedRoutingSettings {
  const stated = statedIn(sources.configured);
  const chosen = routingSettingNames.map((name) => [name, choose(name, { ...sources, stated })] as const);
  return {
    values: Object.fromEntries(
      chosen.map(([name, { value }]) => [name, value]),
    ) as unknown as RoutingSettings,
    sources: Object.fromEntries(chosen.map(([name, { source }]) => [name, source])) as Record<
      RoutingSettingName,
      SettingSource
    >,
  };
}

function choose(
  name: RoutingSettingName,
  {
    fromEnvironment,
    saved,
    stated,
  }: Pick<RoutingSettingSources, "fromEnvironment" | "saved"> & { readonly stated: Partial<RoutingSettings> },
): { readonly value: unknown; readonly source: SettingSource } {
  const configured = stated[name];
  if (fromEnvironment.has(name) && configured !== undefined)
    return { value: configured, source: "environment" };
  if (saved !== null) return { value: saved[name], source: "admin" };
  if (configured !== undefined) return { value: configured, source: "file" };
  return { value: builtInRoutingSettings[name], source: "default" };
}

/** A limit of 0 stands for none, as it does in a request. */
function statedIn(configured: RoutingConfig): Partial<RoutingSettings> {
  return {
    ...(configured.defaultStrategy === null ? {} : { strategy: configured.defaultStrategy }),
    ...(configured.defaultMode === null ? {} : { mode: configured.defaultMode }),
    ...(configured.defaultMaxBudgetUsd === null
      ? {}
      : { maxBudgetUsd: configured.defaultMaxBudgetUsd || null }),
    ...(configured.defaultMaxLatencyMs === null
      ? {}
      : { maxLatencyMs: configured.defaultMaxLatencyMs || null }),
    ...(configured.explorationShare === null ? {} : { explorationShare: configured.explorationShare }),
    ...(configured.explorationTemperature === null
      ? {}
      : { explorationTemperature: configured.explorationTemperature }),
  };
}
