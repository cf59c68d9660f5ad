import type { Request, Response } from "express";
import type { AnswerPlan } from "../output/answer-plan.ts";
import type { EndpointRequest } from "../sync/generation-endpoint.ts";
import type { Submission } from "../sync/submit-request.ts";
import type { CacheChoices } from "./cache-choices.ts";
import { cacheKeyOf } from "./cache-key.ts";
import { cachePolicyOf } from "./cache-policy.ts";
import { cacheHeaderName, mergeCacheSettings, readCacheHeader } from "./cache-wish.ts";
import type { CachePassage, ResponseCache } from "./response-cache.ts";

export interface CacheDeps {
  readonly responses: ResponseCache;
  readonly defaultTtlMs: number;
  readonly catalogueVersion: () => number;
  /** What is said for keys and of models; absent: nothing, so that requests decide alone. */
  readonly choices: CacheChoices;
}

/**
 * The way of a request through the cache; null when it does not use it. An answer that may be asked for a second time, to
 * repair it, is not kept: the kept one would need the second call again. Neither is a stream of several answers.
 * @throws TokenHubError `invalid_request` for a header that cannot be read.
 */
export function enterCache(
  deps: CacheDeps,
  asked: {
    readonly headers: Request["headers"];
    readonly read: EndpointRequest;
    readonly plan: AnswerPlan;
    readonly submission: Submission;
  },
): CachePassage | null {
  const { headers, read, plan, submission } = asked;
  const policy = cachePolicyOf({
    request: mergeCacheSettings(read.cache ?? null, readCacheHeader(headers)),
    key: deps.choices.ofKey(submission) ?? null,
    model: deps.choices.ofModel(submission) ?? null,
    defaults: { ttlMs: deps.defaultTtlMs },
  });
  if (policy.kind === "off" || plan.repairs) return null;
  if (submission.features.stream && Number(read.body["n"] ?? 1) > 1) return null;
  const key = cacheKeyOf({
    submission,
    body: read.body,
    schema: plan.schema,
    catalogueVersion: deps.catalogueVersion(),
  });
  return deps.responses.enter({ submission, key, ttlMs: policy.ttlMs });
}

/** Tells the caller where the answer came from, before its first byte; `ageMs` null: from a call of its own. */
export function setCacheHeaders(response: Response, ageMs: number | null): void {
  response.setHeader(cacheHeaderName, ageMs === null ? "miss" : "hit");
  if (ageMs !== null) response.setHeader("age", String(Math.floor(ageMs / 1_000)));
}
