import type { Exchange } from "./exchange.ts";
import type { ProviderDeps } from "./provider-deps.ts";
import { serveJson } from "./serve-json.ts";
import { serveUnderPlan } from "./serve-under-plan.ts";

export interface PlainPath {
  /** Name under which a plan for the path can be set, e.g. `/v1/models`. */
  readonly planName: string;
  readonly body: unknown;
  readonly deps: ProviderDeps;
}

/** Answers a path that generates nothing (model lists, token counts), under a plan of the path's own name. */
export function servePlainPath(exchange: Exchange, { planName, body, deps }: PlainPath): Promise<void> {
  return serveUnderPlan(exchange, {
    active: deps.plans.forPath(planName),
    limiter: deps.limiter,
    model: planName,
    promptTokens: 0,
    totalTokens: 0,
    isStream: false,
    respond: ({ fault, timing }) => serveJson(exchange, { body, tokens: 0, fault, timing }),
  });
}
