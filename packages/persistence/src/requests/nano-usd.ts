/** US dollars in whole billionths; null stays null. */
export function nanoUsdOf(usd: number | null): number | null {
  return usd === null ? null : Math.round(usd * 1e9);
}
