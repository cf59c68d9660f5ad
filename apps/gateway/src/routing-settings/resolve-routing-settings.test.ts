import type { RoutingConfig } from "@tokenhub/config";
import { describe, expect, it } from "vitest";
import { resolveRoutingSettings } from "./resolve-routing-settings.ts";
import { builtInRoutingSettings, type RoutingSettings } from "./routing-setting.ts";

const unstated: RoutingConfig = {
  defaultStrategy: null,
  defaultMode: null,
  defaultMaxBudgetUsd: null,
  defaultMaxLatencyMs: null,
  maxRetries: null,
  retryBackoffMs: null,
  explorationTemperature: null,
  explorationShare: null,
};
const saved: RoutingSettings = {
  strategy: "cheapest",
  mode: "planning",
  maxBudgetUsd: null,
  maxLatencyMs: 1_000,
  allowExploration: false,
  explorationShare: 0.1,
  explorationTemperature: 0.5,
};
const resolve = (
  configured: Partial<RoutingConfig>,
  {
    fromEnvironment = [],
    saved: kept = null,
  }: { fromEnvironment?: (keyof RoutingSettings)[]; saved?: RoutingSettings | null } = {},
) =>
  resolveRoutingSettings({
    configured: { ...unstated, ...configured },
    fromEnvironment: new Set(fromEnvironment),
    saved: kept,
  });

describe("the routing settings in force", () => {
  it("are the product's own where nobody says anything", () => {
    const { values, sources } = resolve({});
    expect(values).toEqual(builtInRoutingSettings);
    expect(new Set(Object.values(sources))).toEqual(new Set(["default"]));
  });

  it("are the file's over the product's, the administrator's over the file's, the environment's over all", () => {
    const configured = { defaultMode: "cheap", defaultMaxBudgetUsd: 5 } as const;
    expect(resolve(configured)).toMatchObject({
      values: { mode: "cheap", maxBudgetUsd: 5 },
      sources: { mode: "file", maxBudgetUsd: "file", strategy: "default" },
    });
    expect(resolve(configured, { saved })).toMatchObject({ values: saved, sources: { mode: "admin" } });
    expect(resolve(configured, { saved, fromEnvironment: ["mode"] })).toMatchObject({
      values: { ...saved, mode: "cheap" },
      sources: { mode: "environment", maxBudgetUsd: "admin" },
    });
  });

  it("a saved null is no limit, also where the file has one; a configured 0 is none either", () => {
    expect(resolve({ defaultMaxBudgetUsd: 5 }, { saved }).values.maxBudgetUsd).toBeNull();
    expect(resolve({ defaultMaxBudgetUsd: 0 })).toMatchObject({
      values: { maxBudgetUsd: null },
      sources: { maxBudgetUsd: "file" },
    });
  });
});
