import { TokenHubError } from "@tokenhub/contracts";
import type { CacheChoice } from "@tokenhub/persistence";
import { z } from "zod";
import { ttlSecondsSchema } from "./cache-wish.ts";

/** The fields by which administrators say whether the answers for a key or of a model are kept. */
export const cacheChoiceFields = {
  cache: z.enum(["on", "off"]).nullable().meta({
    description:
      "Whether answers are kept for requests that say nothing about it themselves; null: left to the key, then to the model, then off.",
  }),
  cache_ttl_seconds: ttlSecondsSchema.nullable().meta({
    description:
      "With `cache` on: how long, and how old a kept answer may be; null: the installation's time.",
  }),
};

export interface CacheChoiceForm {
  readonly cache?: "on" | "off" | null | undefined;
  readonly cache_ttl_seconds?: number | null | undefined;
}

/**
 * The choice with what a form states of it; null: nothing is said.
 * @throws TokenHubError `invalid_request` for a time without anything that is kept for it.
 */
export function cacheChoiceFrom(form: CacheChoiceForm, present: CacheChoice | null): CacheChoice | null {
  const { cache = present?.kind ?? null, cache_ttl_seconds: seconds } = form;
  if (cache !== "on" && typeof seconds === "number")
    throw new TokenHubError(
      "invalid_request",
      '`cache_ttl_seconds` says how long answers are kept, but none are; send `cache` as "on" with it.',
      { param: "cache_ttl_seconds" },
    );
  if (cache === null || cache === "off") return cache === null ? null : { kind: "off" };
  const presentTtlMs = present?.kind === "on" ? present.ttlMs : null;
  return {
    kind: "on",
    ttlMs: seconds === undefined ? presentTtlMs : seconds === null ? null : seconds * 1_000,
  };
}

/** The choice as answers show it. */
export function presentCacheChoice(choice: CacheChoice | null): Required<CacheChoiceForm> {
  return {
    cache: choice?.kind ?? null,
    cache_ttl_seconds: choice?.kind === "on" && choice.ttlMs !== null ? choice.ttlMs / 1_000 : null,
  };
}
