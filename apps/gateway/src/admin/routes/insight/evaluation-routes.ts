import { z } from "zod";
import type { ReplayEstimate } from "@tokenhub/routing";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { createPolicy, policyNames, type CandidatePolicy } from "../../../insight/candidate-policy.ts";
import { evaluatePolicy } from "../../../insight/evaluate-policy.ts";
import { timeText } from "../../fields.ts";
import type { InsightDeps } from "./insight-deps.ts";
import { requireOrder, timeQuery } from "./time-query.ts";

const policyQuery = z
  .string()
  .max(270)
  .default("greedy")
  .transform((text, context): CandidatePolicy => {
    const name = policyNames.find((known) => known === text);
    if (name !== undefined) return name;
    const modelId = /^model:(.+)$/.exec(text)?.[1];
    if (modelId !== undefined) return { modelId };
    context.addIssue({ code: "custom", message: `use one of ${policyNames.join(", ")}, or model:<id>` });
    return z.NEVER;
  });

const evaluationQuerySchema = z.object({
  policy: policyQuery,
  from: timeQuery.optional(),
  to: timeQuery.optional(),
  limit: z.coerce.number().int().min(1).max(20_000).default(10_000),
  weight_limit: z.coerce.number().min(1).max(1_000_000).optional(),
});
type EvaluationQuery = z.infer<typeof evaluationQuerySchema>;
type Deps = Pick<InsightDeps, "db" | "insight" | "catalogue" | "explorationShare" | "random" | "now">;

const defaultSpanMs = 7 * 86_400_000;
/** Below this share of the rows the log says little about the policy. */
const fairShare = 0.1;

/** Offline replay: what another policy would have earned. Nothing is sent anywhere. */
export function evaluationRoutes(deps: Deps): AdminRoute[] {
  return [
    adminRoute<undefined, EvaluationQuery>({
      method: "get",
      path: "/routing/evaluation",
      summary: "Estimates from the reward log what another routing policy would have earned.",
      tag: "routing",
      role: "viewer",
      querySchema: evaluationQuerySchema,
      action: null,
      handle: ({ query }) => evaluate(deps, query),
    }),
  ];
}

async function evaluate(deps: Deps, query: EvaluationQuery): Promise<AdminReply> {
  const { db, insight, catalogue, explorationShare, random, now } = deps;
  const toMs = query.to ?? now() + 1;
  const fromMs = query.from ?? toMs - defaultSpanMs;
  requireOrder({ fromMs, toMs });
  const policy = createPolicy(query.policy, {
    arms: insight.arms.arms(),
    catalogue: catalogue.index(),
    explorationShare: explorationShare(),
    random,
  });
  const evaluation = await evaluatePolicy(db, {
    policy,
    fromMs,
    toMs,
    mostRows: query.limit,
    ...(query.weight_limit === undefined ? {} : { weightLimit: query.weight_limit }),
  });
  const { logged, ips, doublyRobust, leftOut, isCut } = evaluation;
  return reply({
    policy: typeof query.policy === "string" ? query.policy : `model:${query.policy.modelId}`,
    from: timeText(fromMs),
    to: timeText(toMs),
    rows: logged.rows,
    is_cut: isCut,
    left_out: {
      without_alternative: leftOut.withoutAlternative,
      without_propensity: leftOut.withoutPropensity,
    },
    logged: { value: finite(logged.value) },
    ips: present(ips),
    doubly_robust: present(doublyRobust),
    advice: adviceFor(ips),
  });
}

function present({ value, standardError, effectiveRows }: ReplayEstimate) {
  return { value: finite(value), standard_error: finite(standardError), effective_rows: effectiveRows };
}

/** Without rows there is no number. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function adviceFor({ rows, effectiveRows }: ReplayEstimate): string | null {
  if (rows === 0) return "There are no choices among several models in this range.";
  if (effectiveRows >= rows * fairShare) return null;
  return "The log says little about this policy: what it would choose was rarely chosen. More exploration would tell.";
}
