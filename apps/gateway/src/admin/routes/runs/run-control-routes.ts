import { TokenHubError } from "@tokenhub/contracts";
import { runStatusOf } from "@tokenhub/persistence";
import { z } from "zod";
import { cancelRun, retryRun, type RetriedRun } from "../../../orchestration/run-control.ts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { noSuchRun } from "./found-run.ts";
import type { RunRouteDeps } from "./run-route-deps.ts";

const tag = "runs";

const retrySchema = z.strictObject({
  model: z.string().min(1).max(256).optional().meta({
    description: "Model or alias for the calls that are made again; absent: as the run was begun.",
  }),
});
type Retry = z.infer<typeof retrySchema>;

/** Steering orchestrations. */
export function runControlRoutes(deps: RunRouteDeps): AdminRoute[] {
  return [
    adminRoute({
      method: "post",
      path: "/runs/:id/cancel",
      summary: "Cancels an orchestration: nothing more is begun, calls under way are stopped.",
      tag,
      role: "operator",
      action: "run.cancel",
      handle: (call) => cancel(deps, call),
    }),
    adminRoute<Retry>({
      method: "post",
      path: "/runs/:id/retry",
      summary:
        "Takes up a failed or cancelled orchestration from the phase that failed, with another model if asked.",
      tag,
      role: "operator",
      bodySchema: retrySchema,
      action: "run.retry",
      handle: (call) => retry(deps, call),
    }),
  ];
}

async function cancel({ control }: RunRouteDeps, { params, audit }: AdminCall): Promise<AdminReply> {
  const cancelled = await cancelRun(control, params["id"] ?? "");
  if (cancelled.kind === "missing") throw noSuchRun();
  const { runId } = cancelled.run.input;
  const isOver = cancelled.kind === "ended";
  if (isOver && cancelled.outcome.kind !== "cancelled")
    throw new TokenHubError(
      "conflict",
      `This run has ${cancelled.outcome.kind} already; there is nothing to cancel.`,
    );
  await audit.record({ resourceKind: "run", resourceId: runId });
  const status = isOver ? "cancelled" : "running";
  return reply({ ok: true, id: runId, status, is_cancelling: !isOver }, { status: isOver ? 200 : 202 });
}

async function retry(
  { control, requireModel }: RunRouteDeps,
  { params, body, audit }: AdminCall<Retry>,
): Promise<AdminReply> {
  const modelId = body.model ?? null;
  if (modelId !== null) requireModel(modelId);
  const { input, state } = retried(await retryRun(control, { runId: params["id"] ?? "", modelId }));
  const detail = { attempt: state.attempt, model: modelId };
  await audit.record({ resourceKind: "run", resourceId: input.runId, detail });
  return reply({ ok: true, id: input.runId, status: runStatusOf(state), ...detail }, { status: 202 });
}

/** @throws TokenHubError `not_found`, `conflict` */
function retried(outcome: RetriedRun): Extract<RetriedRun, { kind: "retried" }> {
  switch (outcome.kind) {
    case "retried":
      return outcome;
    case "missing":
      throw noSuchRun();
    case "not_retryable":
      throw new TokenHubError("conflict", conflicts[outcome.status]);
    case "mode_missing":
      throw new TokenHubError(
        "conflict",
        `The mode ${outcome.mode} is not installed in version ${outcome.version}, with which this run began. Install it again, or start another run.`,
      );
  }
}

const conflicts = {
  running: "This run is still running. Wait for its end, or cancel it first.",
  succeeded: "This run has succeeded; only failed and cancelled runs can be retried.",
} as const;
