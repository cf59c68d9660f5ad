export interface TokenDemand {
  readonly inputTokens: number;
  /** The caller's output limit; null when there is none. */
  readonly maxOutputTokens: number | null;
}

/**
 * Context window a request needs, in tokens: the input with 15 % headroom for an imprecise estimate, or the input plus the
 * output limit, whichever is larger: `max(floor(input * 1.15), input + max_tokens)`. Without an output limit the second
 * term is the input alone. Integer arithmetic, so that 100 tokens need 115 and not 114.
 */
export function neededTokens(demand: TokenDemand): number {
  const withHeadroom = Math.floor((demand.inputTokens * 115) / 100);
  return Math.max(withHeadroom, demand.inputTokens + (demand.maxOutputTokens ?? 0));
}

/** Whether a request fits a context window of `contextTokens`, 0 being unlimited. */
export function contextFits(contextTokens: number, demand: TokenDemand): boolean {
  return contextTokens === 0 || neededTokens(demand) <= contextTokens;
}
