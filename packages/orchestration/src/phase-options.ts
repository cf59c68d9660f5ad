import type { CallSpec, RunSettings } from "@tokenhub/contracts";
import type { NormalisedSettings } from "./run-mode.ts";

/**
 * What the built-in modes read from `settings.options`, each by phase:
 *
 *     max_tokens   { "plan": 1000, "critique": 1000 }   output tokens, instead of the caller's or the phase's own limit
 *     temperature  { "critique": 0.2 }                  0 to 2, instead of the caller's
 */
export function phaseLimits(
  settings: RunSettings,
  { phase, maxOutputTokens = null }: { readonly phase: string; readonly maxOutputTokens?: number | null },
): Pick<CallSpec, "maxOutputTokens" | "temperature"> {
  const limit = optionOf(settings, { option: "max_tokens", phase });
  const temperature = optionOf(settings, { option: "temperature", phase });
  return {
    maxOutputTokens: typeof limit === "number" ? limit : maxOutputTokens,
    temperature: typeof temperature === "number" ? temperature : null,
  };
}

/** The first fault of the options that {@link phaseLimits} reads; null when there is none. Options nobody reads are no fault. */
export function findOptionFault(
  settings: RunSettings,
  phases: readonly string[],
): Extract<NormalisedSettings, { kind: "invalid" }> | null {
  for (const [option, rule] of Object.entries(rules)) {
    const value = settings.options[option];
    if (value === undefined || value === null) continue;
    const param = `options.${option}`;
    if (typeof value !== "object" || Array.isArray(value))
      return { kind: "invalid", param, message: `\`${param}\` must be an object of values by phase.` };
    for (const [phase, limit] of Object.entries(value)) {
      const at = `${param}.${phase}`;
      if (!phases.includes(phase))
        return {
          kind: "invalid",
          param: at,
          message: `\`${at}\` names no phase; there are ${phases.join(", ")}.`,
        };
      if (!rule.admits(limit))
        return { kind: "invalid", param: at, message: `\`${at}\` must be ${rule.words}.` };
    }
  }
  return null;
}

const rules = {
  max_tokens: {
    admits: (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0,
    words: "a whole number above 0",
  },
  temperature: {
    admits: (value: unknown) => typeof value === "number" && value >= 0 && value <= 2,
    words: "a number from 0 to 2",
  },
} as const;

function optionOf(
  settings: RunSettings,
  { option, phase }: { readonly option: keyof typeof rules; readonly phase: string },
): unknown {
  const byPhase = settings.options[option];
  if (typeof byPhase !== "object" || byPhase === null || Array.isArray(byPhase)) return undefined;
  return Object.hasOwn(byPhase, phase) ? byPhase[phase] : undefined;
}
