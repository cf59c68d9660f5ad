import { routingModeSchema, strategySchema, TokenHubError } from "@tokenhub/contracts";
import { z } from "zod";
import { builtInRoutingSettings, type RoutingSettings } from "../../../routing-settings/routing-setting.ts";

const maxBudgetUsd = 100;
const maxLatencyMs = 300_000;

const fields = {
  default_strategy: strategySchema.nullable().optional(),
  default_mode: z
    .enum(["", ...routingModeSchema.options, "thompson"])
    .nullable()
    .optional()
    .meta({ description: "`thompson` stands for that strategy; empty or null: `normal`." }),
  default_max_budget_usd: z.number().min(0).max(maxBudgetUsd).nullable().optional().meta({
    description: "US dollars that one request may cost; null or 0: no limit.",
  }),
  default_max_latency_ms: z.number().min(0).max(maxLatencyMs).nullable().optional().meta({
    description: "Milliseconds that an answer may take; null or 0: no limit.",
  }),
  allow_exploration: z.boolean().optional().meta({
    description: "false: nothing is tried out on any request, whatever it allows.",
  }),
  exploration_share: z.number().min(0).max(1).optional().meta({
    description: "Largest share of `thompson` decisions that may try another than the best known model.",
  }),
  exploration_temperature: z.number().min(0).max(100).optional().meta({
    description: "Softmax temperature of the strategy `objective`; 0: always the best model.",
  }),
};

const readOnly = z
  .unknown()
  .optional()
  .meta({ description: "Read-only; ignored, so that what was read can be sent back." });

export const patchRoutingConfigSchema = z.strictObject(fields).meta({ id: "RoutingConfigChange" });
export const replaceRoutingConfigSchema = z
  .strictObject({
    ...fields,
    sources: readOnly,
    version: readOnly,
  })
  .meta({ id: "RoutingConfigToSave" });
export type RoutingConfigForm = z.infer<typeof patchRoutingConfigSchema>;

/** The settings with what a body states in place of their own. @throws TokenHubError `invalid_request` for a contradiction */
export function settingsFromForm(form: RoutingConfigForm, base: RoutingSettings): RoutingSettings {
  const { default_mode: mode, default_strategy: strategy } = form;
  const isThompson = mode === "thompson";
  if (isThompson && strategy && strategy !== "thompson")
    throw new TokenHubError(
      "invalid_request",
      `\`default_mode\` is thompson, but \`default_strategy\` is ${strategy}. Keep one of them.`,
      { param: "default_mode" },
    );
  return {
    strategy: isThompson
      ? "thompson"
      : strategy === undefined
        ? base.strategy
        : (strategy ?? builtInRoutingSettings.strategy),
    mode: mode === undefined ? base.mode : isThompson ? "normal" : mode || "normal",
    maxBudgetUsd:
      form.default_max_budget_usd === undefined ? base.maxBudgetUsd : form.default_max_budget_usd || null,
    maxLatencyMs:
      form.default_max_latency_ms === undefined ? base.maxLatencyMs : form.default_max_latency_ms || null,
    allowExploration: form.allow_exploration ?? base.allowExploration,
    explorationShare: form.exploration_share ?? base.explorationShare,
    explorationTemperature: form.exploration_temperature ?? base.explorationTemperature,
  };
}
