import { TokenHubError } from "@tokenhub/contracts";
import { reviseReward, type RewardEntry } from "@tokenhub/persistence";
import { rewardOf } from "@tokenhub/routing";
import { z } from "zod";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { foundRequest } from "./found-request.ts";
import type { InsightDeps } from "./insight-deps.ts";
import { presentReward } from "./present-reward.ts";

const feedbackSchema = z.object({
  quality: z.number().min(0).max(1).meta({ description: "How good the answer was: 0 useless, 1 perfect." }),
});
type Feedback = z.infer<typeof feedbackSchema>;
type Deps = Pick<InsightDeps, "db" | "insight">;

/** What somebody thinks of an answer becomes part of its reward. */
export function feedbackRoutes(deps: Deps): AdminRoute[] {
  return [
    adminRoute<Feedback>({
      method: "post",
      path: "/requests/:id/feedback",
      summary: "Judges the answer of a request; its reward and what was learned from it follow.",
      tag: "requests",
      role: "operator",
      bodySchema: feedbackSchema,
      action: "request.feedback",
      handle: (call) => judge(deps, call),
    }),
  ];
}

async function judge({ db, insight }: Deps, call: AdminCall<Feedback>): Promise<AdminReply> {
  const { quality } = call.body;
  const { requestId } = await foundRequest(db, call.params["id"] ?? "");
  const { learning, arms } = insight;
  const entry = await reviseReward(db, {
    requestId,
    quality,
    rewardOf: (known) => rewardWith(known, quality),
    reviseArm: (arm, change) =>
      learning.revise(arm, {
        atMs: change.entry.timestampMs,
        before: change.entry.reward,
        after: change.reward,
      }),
  });
  if (entry === null) {
    throw new TokenHubError(
      "conflict",
      "This request has no answer that could be judged: no model's call succeeded.",
    );
  }
  arms.noteChange();
  await call.audit.record({ resourceKind: "request", resourceId: requestId, detail: { quality } });
  return reply({ ok: true, reward: presentReward(entry) });
}

function rewardWith(entry: RewardEntry, quality: number): number {
  return rewardOf({
    costUsd: entry.costNanoUsd === null ? null : entry.costNanoUsd / 1e9,
    latencyMs: entry.latencyMs,
    latencyBudgetMs: entry.latencyBudgetMs,
    quality,
  });
}
