import { tokenBucketSchema } from "@tokenhub/contracts";
import { createRewardRepository } from "@tokenhub/persistence";
import { meanReward } from "@tokenhub/routing";
import { z } from "zod";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { timeText, truthQuery } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import type { InsightDeps } from "./insight-deps.ts";
import { presentReward } from "./present-reward.ts";
import { requireOrder, timeQuery } from "./time-query.ts";

const idQuery = z.string().min(1).max(256).optional();
const rewardQuerySchema = z.object({
  ...pageQueryShape,
  tenant_id: idQuery,
  api_key_id: idQuery,
  model: idQuery,
  model_id: idQuery,
  provider: idQuery,
  provider_id: idQuery,
  request_id: idQuery,
  token_bucket: tokenBucketSchema.optional(),
  success: truthQuery.optional(),
  explored: truthQuery.optional(),
  from: timeQuery.optional(),
  to: timeQuery.optional(),
});
type RewardQuery = z.infer<typeof rewardQuerySchema>;
type Deps = Pick<InsightDeps, "db" | "insight">;

/** What each attempt was worth, and what was learned from all of them. */
export function rewardRoutes(deps: Deps): AdminRoute[] {
  return [
    adminRoute<undefined, RewardQuery>({
      method: "get",
      path: "/rewards",
      summary: "Lists what attempts were worth: context, choice and reward, newest first.",
      tag: "rewards",
      role: "viewer",
      querySchema: rewardQuerySchema,
      action: null,
      handle: ({ query }) => list(deps, query),
    }),
    adminRoute({
      method: "get",
      path: "/rewards/arms",
      summary: "Shows what the strategy `thompson` believes about each model, by size of request.",
      tag: "rewards",
      role: "viewer",
      action: null,
      handle: async () => reply(presentArms(deps)),
    }),
  ];
}

async function list({ db }: Deps, query: RewardQuery): Promise<AdminReply> {
  const { limit, offset } = query;
  requireOrder({ fromMs: query.from, toMs: query.to });
  const { items, total } = await createRewardRepository(db).page({
    limit,
    offset,
    filters: {
      tenantId: query.tenant_id,
      keyId: query.api_key_id,
      modelId: query.model ?? query.model_id,
      providerId: query.provider ?? query.provider_id,
      requestId: query.request_id,
      tokenBucket: query.token_bucket,
      succeeded: query.success,
      explored: query.explored,
      fromMs: query.from,
      toMs: query.to,
    },
  });
  return reply({ rewards: items.map(presentReward), total, limit, offset });
}

function presentArms({ insight }: Deps) {
  const arms = [...insight.arms.arms().values()].flatMap((ofBucket) => [...ofBucket.values()]);
  return {
    half_life_ms: insight.learning.halfLifeMs,
    arms: arms.map((arm) => ({
      model_id: arm.modelId,
      token_bucket: arm.tokenBucket,
      alpha: arm.alpha,
      beta: arm.beta,
      mean_reward: meanReward(arm),
      updated_at: timeText(arm.updatedAtMs),
    })),
  };
}
