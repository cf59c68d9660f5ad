import type { CanonicalRequest } from "../canonical.ts";
import { presentMembers, type JsonObject } from "../json-value.ts";
import { limitOutputTokens } from "../output-limit.ts";
import { anthropicEffort, budgetForEffort, thinkingBudgetMin } from "../reasoning-effort.ts";
import type { WarningList } from "../warning-list.ts";
import type { BuildTarget } from "../wire-format.ts";
import type { Turn } from "./build-messages.ts";

/** `max_tokens` when neither the caller nor the catalogue says anything. */
const maxTokensDefault = 4_096;
/** With an unknown maximum a thinking budget is not taken higher than this. */
const unlimitedBudgetMax = 16_384;
const answerReserve = 1_024;

export interface ThinkingPlan {
  readonly maxTokens: number;
  readonly thinking: JsonObject | null;
  readonly effort: string | null;
  /** Whether the model will think, which restricts the sampling parameters. */
  readonly isThinking: boolean;
}

interface PlanInput {
  readonly target: BuildTarget;
  readonly turns: readonly Turn[];
  readonly warnings: WarningList;
}

/**
 * Decides `thinking`, `output_config.effort` and `max_tokens` together, because the budget must stay below the limit.
 * An OpenAI effort becomes a budget (table in `reasoning-effort.ts`), lowered so that a quarter of the limit, at most
 * 1,024 tokens, is left for the answer; it is dropped where Anthropic would refuse it. What an Anthropic caller asked for
 * is written as it is.
 */
export function planThinking(request: CanonicalRequest, input: PlanInput): ThinkingPlan {
  const { reasoning } = request;
  if (reasoning === null) return { ...withoutThinking(request, input), effort: null };
  const { effort } = reasoning;
  switch (reasoning.mode) {
    case "off":
      return { ...withoutThinking(request, input), thinking: { type: "disabled" }, effort };
    case "unspecified":
      return { ...withoutThinking(request, input), effort };
    case "adaptive": {
      const thinking = presentMembers({ type: "adaptive", display: reasoning.display });
      return { maxTokens: outputLimit(request, input), thinking, effort, isThinking: true };
    }
    case "between-tools": {
      const thinking = { type: "between_tools" };
      return { maxTokens: outputLimit(request, input), thinking, effort, isThinking: true };
    }
    case "budget": {
      const budget = reasoning.budgetTokens ?? thinkingBudgetMin;
      const thinking = presentMembers({
        type: "enabled",
        budget_tokens: budget,
        display: reasoning.display,
      });
      return { maxTokens: outputLimit(request, input, budget), thinking, effort, isThinking: true };
    }
    case "on":
      return planEffort(request, { ...input, effort: effort ?? "medium" });
  }
}

function withoutThinking(request: CanonicalRequest, input: PlanInput): Omit<ThinkingPlan, "effort"> {
  return { maxTokens: outputLimit(request, input), thinking: null, isThinking: false };
}

/** The caller's limit, else the model's maximum, else the default and what is thought on top of it. */
function outputLimit(request: CanonicalRequest, input: PlanInput, budget: number = 0): number {
  const { target, warnings } = input;
  const maximum = target.maxOutputTokens;
  if (request.maxOutputTokens === null) return maximum ?? maxTokensDefault + budget;
  return limitOutputTokens(request.maxOutputTokens, { maximum, warnings });
}

function planEffort(request: CanonicalRequest, input: PlanInput & { readonly effort: string }): ThinkingPlan {
  const { target, warnings, effort } = input;
  const obstacle = thinkingObstacle(request, input.turns);
  if (obstacle !== null) {
    warnings.add(`\`reasoning_effort\` was left out: anthropic-messages cannot think ${obstacle}.`);
    return { ...withoutThinking(request, input), effort: null };
  }
  if (target.features?.thinking === "adaptive") {
    const maxTokens = outputLimit(request, input);
    return { maxTokens, thinking: { type: "adaptive" }, effort: anthropicEffort(effort), isThinking: true };
  }
  const isOpen = request.maxOutputTokens === null && target.maxOutputTokens === null;
  const wanted = Math.min(budgetForEffort(effort), isOpen ? unlimitedBudgetMax : Infinity);
  const maxTokens = outputLimit(request, input, wanted);
  const budget = Math.min(wanted, maxTokens - Math.min(answerReserve, Math.floor(maxTokens / 4)));
  if (budget < thinkingBudgetMin) {
    warnings.add("`reasoning_effort` was left out: `max_tokens` leaves no room for thinking.");
    return { maxTokens, thinking: null, effort: null, isThinking: false };
  }
  const thinking = { type: "enabled", budget_tokens: budget };
  return { maxTokens, thinking, effort: null, isThinking: true };
}

/** Where Anthropic answers 400 to thinking; null when nothing stands in its way. */
function thinkingObstacle(request: CanonicalRequest, turns: readonly Turn[]): string | null {
  const choice = request.toolChoice;
  if (choice?.type === "required" || choice?.type === "named") return "when a tool call is demanded";
  if (choice?.type === "subset" && choice.isRequired) return "when a tool call is demanded";
  const last = turns.at(-1);
  if (last?.role === "assistant") return "when it continues an assistant message";
  const caller = turns.at(-2)?.blocks[0]?.["type"];
  const isToolLoop = last?.blocks[0]?.["type"] === "tool_result";
  // OpenAI clients do not give the thinking back that led to their tool calls.
  if (isToolLoop && caller !== "thinking" && caller !== "redacted_thinking") {
    return "in a tool loop whose earlier thinking is missing";
  }
  return null;
}
