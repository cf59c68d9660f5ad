import type { Price, RunSettings } from "@tokenhub/contracts";
import { estimateTokens } from "./estimate-tokens.ts";
import type { PlannedCall, RunMode } from "./run-mode.ts";

export interface WorstCaseQuestion {
  readonly mode: Pick<RunMode, "worstCase" | "templates">;
  /** Normalised. */
  readonly settings: RunSettings;
  /** Estimated tokens of the caller's conversation and tools. */
  readonly inputTokens: number;
  /** Output tokens counted for a call without a limit of its own: the caller's limit, else what is assumed or possible. */
  readonly maxOutputTokens: number;
  /** The highest price a model of this role may have; null when that is unknown. */
  readonly priceOf: (role: string) => Price | null;
  /** The operator's prompts among them; the mode's own when absent. */
  readonly templates?: Readonly<Record<string, string>>;
}

/**
 * US dollars a run costs at most, retries apart: for each call of the worst case
 *
 *     (conversation + its prompts + the longest answers it is given) / 1000 * input price + longest answer / 1000 * output price
 *
 * Null when a price is unknown.
 */
export function worstCaseCost(question: WorstCaseQuestion): number | null {
  const { mode, settings, inputTokens, maxOutputTokens, priceOf } = question;
  const templates = question.templates ?? mode.templates;
  const planned = mode.worstCase(settings);
  const outputOf = new Map(planned.map((call) => [call.callId, call.maxOutputTokens ?? maxOutputTokens]));
  let costUsd = 0;
  for (const call of planned) {
    const price = priceOf(call.role);
    if (price === null) return null;
    const read = call.reads.reduce((sum, callId) => sum + (outputOf.get(callId) ?? maxOutputTokens), 0);
    const input = inputTokens + promptTokens(call, templates) + read;
    const output = outputOf.get(call.callId) ?? maxOutputTokens;
    costUsd += (input / 1000) * price.inputPer1kUsd + (output / 1000) * price.outputPer1kUsd;
  }
  return costUsd;
}

/** Of the templates, with room for the tags around numbered answers. */
function promptTokens(call: PlannedCall, templates: Readonly<Record<string, string>>): number {
  const texts = call.templates.reduce((sum, name) => sum + estimateTokens(templates[name] ?? ""), 0);
  return texts + call.reads.length * tokensOfTags;
}

const tokensOfTags = 12;
