import { listOf, numberOf, objectOf, textOf, type JsonObject } from "../json-value.ts";

/**
 * Log probabilities as text completions write them: parallel lists over the tokens, `text_offset` in characters of the
 * choice's text, an echoed prompt included.
 */
export interface LegacyLogprobs {
  readonly tokens: string[];
  readonly token_logprobs: number[];
  readonly top_logprobs: Record<string, number>[];
  readonly text_offset: number[];
}

/** Entries of chat's `logprobs.content` in the legacy form; null when there are none. `offset`: where the first token is. */
export function formatLegacyLogprobs(entries: readonly JsonObject[], offset: number): LegacyLogprobs | null {
  if (entries.length === 0) return null;
  const legacy: LegacyLogprobs = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
  let at = offset;
  for (const entry of entries) {
    const token = textOf(entry["token"]) ?? "";
    legacy.tokens.push(token);
    legacy.token_logprobs.push(numberOf(entry["logprob"]) ?? 0);
    legacy.top_logprobs.push(topByToken(entry["top_logprobs"]));
    legacy.text_offset.push(at);
    at += token.length;
  }
  return legacy;
}

function topByToken(alternatives: unknown): Record<string, number> {
  const pairs = listOf(alternatives).map((alternative): [string, number] => {
    const entry = objectOf(alternative);
    return [textOf(entry?.["token"]) ?? "", numberOf(entry?.["logprob"]) ?? 0];
  });
  return Object.fromEntries(pairs);
}

/**
 * The legacy form as entries of chat's `logprobs.content`. A token without a number (the first of an echoed prompt) is
 * skipped; bytes are not known.
 */
export function parseLegacyLogprobs(value: unknown): JsonObject[] {
  const legacy = objectOf(value);
  if (legacy === null) return [];
  const logprobs = listOf(legacy["token_logprobs"]);
  const alternatives = listOf(legacy["top_logprobs"]);
  return listOf(legacy["tokens"]).flatMap((token, position) => {
    const logprob = numberOf(logprobs[position]);
    if (typeof token !== "string" || logprob === null) return [];
    const top = Object.entries(objectOf(alternatives[position]) ?? {});
    const top_logprobs = top.map(([name, number]) => ({ token: name, logprob: number, bytes: null }));
    return [{ token, logprob, bytes: null, top_logprobs }];
  });
}
