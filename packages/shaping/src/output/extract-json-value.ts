import { isNestedDeeper, parseJson } from "../json-value.ts";
import { findFences, type Fence } from "./find-fences.ts";
import { findJsonContainer } from "./find-json-container.ts";

/** A JSON value out of an answer: the value, and the text it was written as. */
export interface JsonAnswer {
  readonly text: string;
  readonly value: unknown;
}

/** Deeper values are no answer anybody asked for, and more than what comes after (threads, validators) can take. */
const levelsMax = 256;

/**
 * The JSON value an answer holds, for validation: the whole text, else the first block fenced as json, else any fenced block,
 * else the first complete object or list in the prose; null when there is none or it is nested more than 256 levels deep.
 * Linear in the text's length.
 */
export function extractJsonValue(text: string): JsonAnswer | null {
  const stated = statedJsonValue(text);
  if (stated !== null) return stated;
  const span = findJsonContainer(text);
  return span === null ? null : readJsonAnswer(text.slice(span.start, span.end));
}

/**
 * The JSON value an answer consists of: the whole text or a fenced block. Objects and lists inside prose do not count: `[1]`
 * may be a citation.
 */
export function statedJsonValue(text: string): JsonAnswer | null {
  const whole = readJsonAnswer(text);
  if (whole !== null) return whole;
  const fences = findFences(text);
  const [labelled, others] = [true, false].map((isLabelled) =>
    fences.filter(({ language }) => (language === "json") === isLabelled),
  );
  return firstJson(labelled ?? []) ?? firstJson(others ?? []);
}

/** An answer with more blocks than this is not read to the end for one that parses. */
const fencesTried = 100;

function firstJson(fences: readonly Fence[]): JsonAnswer | null {
  for (const { lines, inline } of fences.slice(0, fencesTried)) {
    const answer = readJsonAnswer(lines) ?? readJsonAnswer(inline);
    if (answer !== null) return answer;
  }
  return null;
}

function readJsonAnswer(text: string): JsonAnswer | null {
  const trimmed = text.trim();
  const parsed = trimmed === "" ? null : parseJson(trimmed);
  if (parsed === null || isNestedDeeper(parsed.value, { levels: levelsMax })) return null;
  return { text: trimmed, value: parsed.value };
}
