import type { WireFormatName } from "@tokenhub/contracts";
import type { JsonObject } from "./json-value.ts";

/** Warnings beyond this many are counted, not listed: a hostile body must not turn into a megabyte of sentences. */
const warningsMax = 32;
const nameLengthMax = 64;

/** Collects sentences about what a translation changed or left out; equal sentences count once. */
export interface WarningList {
  add(sentence: string): void;
  /** "`field` cannot be expressed in <format> and was left out." */
  leftOut(field: string, format: WireFormatName): void;
  /** Warns of every member of `object` that is not in `known`; null members say nothing and lose nothing. */
  unknownMembers(object: JsonObject, known: ReadonlySet<string>, path: string): void;
  list(): string[];
}

export function createWarningList(): WarningList {
  const sentences = new Set<string>();
  let surplus = 0;
  const add = (sentence: string): void => {
    if (sentences.has(sentence)) return;
    if (sentences.size < warningsMax) sentences.add(sentence);
    else surplus += 1;
  };
  return {
    add,
    leftOut: (field, format) =>
      add(`\`${shorten(field)}\` cannot be expressed in ${format} and was left out.`),
    unknownMembers: (object, known, path) => {
      for (const [key, value] of Object.entries(object)) {
        if (value === null || value === undefined || known.has(key)) continue;
        add(`\`${path}${shorten(key)}\` is not known and was left out.`);
      }
    },
    list: () => {
      const all = [...sentences];
      if (surplus > 0) all.push(`${surplus} more changes are not listed.`);
      return all;
    },
  };
}

function shorten(name: string): string {
  return name.length <= nameLengthMax ? name : `${name.slice(0, nameLengthMax)}...`;
}
